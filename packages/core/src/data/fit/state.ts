/** What a fitted transform has learned, in other forms: JSON beside arrays for files, shared memory for threads, a digest. */
import { createHash } from "node:crypto";
import {
  arrayConstructors,
  dtypeOf,
  isTypedArray,
  type NdArray,
  ndarray,
  type TypedArray,
} from "../../contracts/ndarray.js";
import type { FittedState } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { encodeTensors } from "../../kit/safetensors.js";
import { isPlainObject } from "../collate/kinds.js";

/** A state as files hold it: JSON in which `{ "$array": name }` stands for an array. */
export interface SplitState {
  readonly json: unknown;
  readonly arrays: Readonly<Record<string, NdArray>>;
}

const arrayKey = "$array";

/** @throws MillraceError FIT_STATE for what neither JSON nor a typed array holds exactly, naming where it stands. */
export function splitState(state: FittedState): SplitState {
  const arrays: Record<string, NdArray> = {};
  const json = split(state, "", arrays);
  return { json, arrays };
}

function split(value: unknown, path: string, arrays: Record<string, NdArray>): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return value;
  const within = (key: string | number): string => (path === "" ? String(key) : `${path}.${key}`);
  if (isTypedArray(value)) {
    const name = path === "" ? "state" : path;
    arrays[name] = ndarray(value, undefined, dtypeOf(value));
    return { [arrayKey]: name };
  }
  if (Array.isArray(value)) return value.map((item, i) => split(item, within(i), arrays));
  if (isPlainObject(value) && !(arrayKey in value)) {
    const entries = Object.entries(value).map(([key, item]) => [key, split(item, within(key), arrays)]);
    return Object.fromEntries(entries) as object;
  }
  throw new MillraceError(
    "FIT_STATE",
    `a fitted state must be plain JSON and typed arrays, but ${path === "" ? "it" : `"${path}"`} is ${shown(value)}`,
    {
      hint: "Leave out what is undefined; keep numbers that JSON has not (NaN, infinities, -0) in a typed array.",
    },
  );
}

function shown(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value !== "object" || value === null) return typeof value;
  return isPlainObject(value)
    ? `an object with a key "${arrayKey}"`
    : `an instance of ${value.constructor.name}`;
}

/** The state again. @throws MillraceError FIT_STATE where an array is missing. */
export function joinState({ json, arrays }: SplitState): FittedState {
  const join = (value: unknown): FittedState => {
    if (Array.isArray(value)) return value.map(join);
    if (!isPlainObject(value)) return value as FittedState;
    const name = value[arrayKey];
    if (typeof name !== "string") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, join(item)]));
    }
    if (Object.hasOwn(arrays, name)) return arrays[name].data;
    throw new MillraceError("FIT_STATE", `a fitted state must have all of its arrays, but lacks "${name}"`);
  };
  return join(json);
}

/** The same state, its arrays in shared memory: threads are given it without a copy. */
export function shareState(state: FittedState): FittedState {
  const { json, arrays } = splitState(state);
  const shared = Object.entries(arrays).map(([name, { data }]): [string, NdArray] => [
    name,
    ndarray(share(data)),
  ]);
  return joinState({ json, arrays: Object.fromEntries(shared) });
}

function share(data: TypedArray): TypedArray {
  const type = arrayConstructors[dtypeOf(data) ?? "uint8"] as new (memory: ArrayBufferLike) => TypedArray;
  const copy = new type(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return copy;
}

/** Equal for states that are equal bit for bit. */
export function digestState(state: FittedState): string {
  const { json, arrays } = splitState(state);
  const hash = createHash("sha256");
  for (const part of encodeTensors({ state: json, arrays })) hash.update(part);
  return hash.digest("hex");
}
