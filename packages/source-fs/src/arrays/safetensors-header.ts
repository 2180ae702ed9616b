/** The header of safetensors files: names, element types, shapes and places of tensors, which fill the file without a gap. */
import { messageOf } from "@millrace/core";
import { z } from "zod";
import type { Element, FileKind } from "./elements.js";
import { bytesOf, faulty } from "./stored-array.js";

export interface Tensor {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  /** Where its elements start in the file. */
  readonly start: number;
}

/** The format's own limit. */
export const longestHeader = 100_000_000;

const kinds: Readonly<Record<string, readonly [FileKind, Element["bytes"]]>> = {
  BOOL: ["bool", 1],
  U8: ["uint8", 1],
  I8: ["int8", 1],
  U16: ["uint16", 2],
  I16: ["int16", 2],
  F16: ["float16", 2],
  BF16: ["bfloat16", 2],
  U32: ["uint32", 4],
  I32: ["int32", 4],
  F32: ["float32", 4],
  U64: ["uint64", 8],
  I64: ["int64", 8],
  F64: ["float64", 8],
};

const entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const header = z.record(z.string(), z.unknown());

/** How many bytes the header takes, from the first 8 of a file of `size` bytes. Errors: FILE_FORMAT. */
export function headerLength(name: string, bytes: Buffer, size: number): number {
  if (bytes.length < 8)
    throw faulty(name, `a safetensors file must begin with 8 bytes of length, has ${bytes.length}`);
  const length = bytes.readBigUInt64LE();
  const most = Math.min(longestHeader, size - 8);
  if (length <= BigInt(most)) return Number(length);
  throw faulty(name, `a safetensors header must take at most ${most} bytes here, states ${length}`);
}

/**
 * The tensors that are wanted, in the order of their places; others may be of types that are not read. `size` is that of the
 * file. Errors: FILE_FORMAT.
 */
export function tensorsOf(
  name: string,
  text: Buffer,
  size: number,
  isWanted: (tensor: string) => boolean,
): Tensor[] {
  const { __metadata__: _, ...entries } = parsed(name, text);
  const first = 8 + text.length;
  const tensors = Object.entries(entries)
    .map(([tensor, stated]) => placed(name, tensor, stated, first))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let end = first;
  for (const tensor of tensors) {
    if (tensor.start !== end) {
      const fault = tensor.start < end ? "overlap" : "leave a gap";
      throw faulty(name, `tensors must follow each other, but at "${tensor.name}" they ${fault}`);
    }
    end = tensor.end;
  }
  if (end !== size) throw faulty(name, `tensors must fill the file of ${size} bytes, but end at ${end}`);
  return tensors.filter((tensor) => isWanted(tensor.name)).map((tensor) => tensorOf(name, tensor));
}

function parsed(name: string, text: Buffer): Record<string, unknown> {
  try {
    return header.parse(JSON.parse(text.toString("utf8")));
  } catch (error) {
    throw faulty(
      name,
      `a safetensors header must be an object of JSON, is none: ${messageOf(error).split("\n")[0]}`,
    );
  }
}

/** A tensor as the header states it, of whatever type. */
interface Placed extends Omit<Tensor, "element"> {
  readonly dtype: string;
  readonly end: number;
}

function placed(name: string, tensor: string, stated: unknown, first: number): Placed {
  const place = `${name}: ${tensor}`;
  const { success, data } = entry.safeParse(stated);
  if (!success)
    throw faulty(place, "a tensor must have a dtype, a shape of whole numbers and two data_offsets");
  const {
    dtype,
    shape,
    data_offsets: [from, to],
  } = data;
  return { name: tensor, dtype, shape, start: first + from, end: first + to };
}

function tensorOf(name: string, { name: tensor, dtype, shape, start, end }: Placed): Tensor {
  const place = `${name}: ${tensor}`;
  const known = kinds[dtype];
  if (known === undefined)
    throw faulty(
      place,
      `a tensor must be of ${Object.keys(kinds).join(", ")}, was ${dtype}`,
      "Convert it to F16 or F32.",
    );
  const [kind, bytes] = known;
  const element = { kind, bytes, little: true };
  const expected = bytesOf(place, element, shape);
  if (end - start !== expected)
    throw faulty(
      place,
      `a tensor of ${dtype} [${shape.join(", ")}] must take ${expected} bytes, has ${end - start}`,
    );
  return { name: tensor, element, shape, start };
}
