/** Samples on their way through a chain of transforms: one, many at once, or the columns of a batch. */
import type { Allocator } from "../../contracts/batch.js";
import type { DatasetFacts, FetchContext, FieldTypes } from "../../contracts/dataset.js";
import type { Random } from "../../contracts/random.js";
import type { ManyContext, Transform, TransformContext, TransformForms } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { heapAllocator, isPlainObject } from "../collate.js";
import { typeAt } from "../collate/scalars.js";
import { randomAt } from "../philox.js";
import { hasDeferred, materialize } from "./deferred.js";

/** One transform of a chain. */
export interface ChainLink extends TransformForms {
  /** The plugin's name, for messages. */
  readonly name: string;
  readonly apply: Transform;
  /** True if it takes samples whose fields may be deferred. */
  readonly deferred: boolean;
  /** Its position in the spec, for messages. */
  readonly position: number;
  /** Where it stands in the spec, for messages, if that is not among the spec's own transforms. */
  readonly place?: string;
  /** Part of the address of its random numbers; its position by default, so that leaving one out moves no other's. */
  readonly address?: number;
  /** What it makes of the types of fields: see `defineTransform`. */
  readonly fields?: (fields: FieldTypes) => FieldTypes;
  /** What it makes of the facts: see `defineTransform`. */
  readonly facts?: (facts: DatasetFacts, fields: FieldTypes) => DatasetFacts;
}

/** What is known of samples. */
export interface Known {
  readonly facts?: DatasetFacts | undefined;
  readonly fields?: FieldTypes | undefined;
}

/** What is known behind a chain. A transform says what it changes. */
export function knownBehind(chain: readonly ChainLink[], { facts, fields }: Known): Known {
  const known: Known = { facts, fields };
  return chain.reduce(
    ({ facts, fields }, link) => ({
      facts: link.facts?.(facts ?? {}, fields ?? {}) ?? facts,
      fields: link.fields?.(fields ?? {}) ?? fields,
    }),
    known,
  );
}

/** A link, and the fields of samples whose numbers are rounded before it, as columns have them. */
export interface Step {
  readonly link: ChainLink;
  readonly rounded: readonly string[];
}

/** The chain for samples whose fields have these types. */
export function stepsOf(chain: readonly ChainLink[], fields: FieldTypes): readonly Step[] {
  let types = fields;
  return chain.map((link) => {
    const rounded = link.applyColumns === undefined ? [] : roundedNames(types);
    types = link.fields?.(types) ?? types;
    return { link, rounded };
  });
}

/** The fields whose numbers a column has in float32. */
export function roundedNames(types: FieldTypes): string[] {
  return Object.keys(types).filter((name) => typeAt(types, name) === "float32" && !/[.[]/.test(name));
}

/** One sample through `steps`. Faults name the transform. */
export async function passOne(
  steps: readonly Step[],
  sample: unknown,
  index: number,
  context: FetchContext,
  seed: number,
): Promise<unknown> {
  let value = sample;
  for (const { link, rounded } of steps) {
    context.progress?.transforming(link.position, link.name);
    try {
      if (!link.deferred && hasDeferred(value)) {
        context.progress?.making?.();
        value = await materialize(value);
        context.progress?.transforming(link.position, link.name);
      }
      if (rounded.length > 0) value = roundFields(value, rounded);
      value = returned(await link.apply(value, contextAt(link, index, context, seed)));
    } catch (error) {
      throw failed(error, link);
    }
  }
  return value;
}

/** The samples at `indices` through a link that takes many at once. `nameOf` says which was at fault. */
export async function passMany(
  { link, rounded }: Step,
  samples: readonly unknown[],
  indices: readonly number[],
  context: FetchContext,
  seed: number,
  nameOf: (index: number) => string,
): Promise<readonly unknown[]> {
  let values = samples;
  context.progress?.transforming(link.position, link.name);
  try {
    if (!link.deferred && values.some(hasDeferred)) values = await Promise.all(values.map(materialize));
    if (rounded.length > 0) values = values.map((value) => roundFields(value, rounded));
    const made = await link.applyMany?.(values, manyContext(link, indices, context, seed, heapAllocator));
    if (made?.length === indices.length) return made.map(returned);
    throw new MillraceError(
      "PLUGIN_INVALID",
      `applyMany must return one sample for each: expected ${indices.length}, got ${made?.length ?? "none"}`,
    );
  } catch (error) {
    // Only one of them is at fault, most likely: alone, it shows.
    for (const [i, value] of values.entries()) {
      try {
        await link.apply(await materialize(value), contextAt(link, indices[i], context, seed));
      } catch (alone) {
        throw failed(alone, link, nameOf(indices[i]));
      }
    }
    throw failed(error, link);
  }
}

/** What a transform returned; nothing at all is a `return` that was forgotten. */
function returned(sample: unknown): unknown {
  if (sample !== undefined) return sample;
  throw new MillraceError("SAMPLE_FAILED", "a transform must return the sample, but returned undefined", {
    hint: "Does it lack a `return`, or brackets around an object behind `=>`? What is to be passed over it throws, with `onError` in the loader.",
  });
}

/** A sample whose numbers are those that a column of float32 has. */
export function roundFields(sample: unknown, names: readonly string[]): unknown {
  if (!isPlainObject(sample)) return sample;
  let own = sample;
  for (const name of names) {
    const value = own[name];
    if (typeof value !== "number") continue;
    const rounded = Math.fround(value);
    if (Object.is(rounded, value) || (!Number.isFinite(rounded) && Number.isFinite(value))) continue;
    if (own === sample) own = { ...sample };
    own[name] = rounded;
  }
  return own;
}

export function failed(error: unknown, { place, position, name }: ChainLink, sample?: string): MillraceError {
  const where = [place ?? `transform ${position} ${name}`, ...(sample === undefined ? [] : [sample])];
  return MillraceError.from(error, "SAMPLE_FAILED", "a transform failed", { where });
}

function contextAt(
  { position, address = position }: ChainLink,
  index: number,
  { epoch, fixed, loose }: FetchContext,
  seed: number,
): TransformContext {
  if (!fixed) {
    const context = { index, epoch, random: randomAt(seed, epoch, index, address + 1) };
    return loose === true ? { ...context, loose } : context;
  }
  return Object.defineProperty({ index, epoch: 0, random: refusing }, "epoch", { get: refuse("the epoch") });
}

export function manyContext(
  { position, address = position }: ChainLink,
  indices: readonly number[],
  { epoch, fixed }: FetchContext,
  seed: number,
  allocator: Allocator,
): ManyContext {
  const random = (entry: number): Random =>
    fixed ? refusing : randomAt(seed, epoch, indices[entry], address + 1);
  const context = { indices, epoch, random, allocator };
  return fixed ? Object.defineProperty(context, "epoch", { get: refuse("the epoch") }) : context;
}

/** What a transform is told before a cache or a fit: whatever differs between epochs would be the same in all of them. */
function refuse(what: string): () => never {
  return () => {
    throw new MillraceError(
      "CACHE_RANDOM",
      `before a cache or a fit, samples must be the same in every epoch, but the transform asked for ${what}`,
      { hint: "Put it behind them, and set `random: true` in its definition." },
    );
  };
}

const draw = refuse("a random number");
const refusing: Random = { uniform: draw, between: draw, integer: draw, normal: draw, chance: draw };
