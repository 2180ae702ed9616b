/**
 * Shared copies of ordinary arrays, for threads to read: what arrays hold counts when a pass begins. A copy is written
 * anew only where nobody reads it; looking whether it has to be is as fast as memory is read.
 */
import type { TypedArray } from "../../contracts/ndarray.js";

/** Shared memory, and how many passes read it now. */
export interface Copy {
  readonly memory: SharedArrayBuffer;
  readers: number;
}

/** Arrays that can be copied, by `Symbol.toStringTag`. */
export const arrayTypes = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
} as const;
export type ArrayType = keyof typeof arrayTypes;
export type AnyArray = TypedArray | Uint8ClampedArray | BigInt64Array | BigUint64Array;

/** Arrays start at multiples of the largest element. */
const alignment = 8;

/** Bytes that an array takes in a copy. */
export function room({ byteLength }: { readonly byteLength: number }): number {
  return Math.ceil(byteLength / alignment) * alignment;
}

/** The type of an array that can be copied; undefined for anything else, and for arrays that are shared already. */
export function copyableType(value: unknown): ArrayType | undefined {
  if (!ArrayBuffer.isView(value) || value.buffer instanceof SharedArrayBuffer) return undefined;
  const type = (value as Partial<TypedArray>)[Symbol.toStringTag] as ArrayType | undefined;
  return type !== undefined && Object.hasOwn(arrayTypes, type) ? type : undefined;
}

/** Copies that were made, by the array, or by whoever holds the arrays that lie in one piece. */
const copies = new WeakMap<object, Copy>();

/** Shared memory with the bytes of `arrays`, one behind the other; `owner` is by what it is found again. */
export function copyOf(owner: object, arrays: readonly AnyArray[]): Copy {
  const bytes = arrays.reduce((sum, array) => sum + room(array), 0);
  const known = copies.get(owner);
  if (known?.memory.byteLength === bytes) {
    if (holds(known.memory, arrays)) return known;
    if (known.readers === 0) {
      write(known.memory, arrays);
      return known;
    }
  }
  const copy: Copy = { memory: new SharedArrayBuffer(bytes), readers: 0 };
  write(copy.memory, arrays);
  copies.set(owner, copy);
  return copy;
}

type Views = Readonly<
  Record<ArrayType, { set(array: ArrayLike<never>, offset: number): void; BYTES_PER_ELEMENT: number }>
>;

/** The whole memory as arrays of every type, so that small arrays are copied without a view for each. */
function viewsOf(memory: ArrayBufferLike): Views {
  const length = (size: number): number => Math.floor(memory.byteLength / size);
  const entries = Object.entries(arrayTypes).map(([name, type]) => [
    name,
    new type(memory as ArrayBuffer, 0, length(type.BYTES_PER_ELEMENT)),
  ]);
  return Object.fromEntries(entries) as Views;
}

function put(views: Views, array: AnyArray, offset: number): void {
  const view = views[array[Symbol.toStringTag]];
  view.set(array as never, offset / view.BYTES_PER_ELEMENT);
}

function write(memory: SharedArrayBuffer, arrays: readonly AnyArray[]): void {
  const views = viewsOf(memory);
  let at = 0;
  for (const array of arrays) {
    put(views, array, at);
    at += room(array);
  }
}

/** Small arrays are gathered in a block and compared at once: a call for each would take longer than all the rest. */
const blockBytes = 262_144;
let block: { readonly bytes: Buffer; readonly views: Views } | undefined;

/** True if the memory has the very bytes of the arrays. */
function holds(memory: SharedArrayBuffer, arrays: readonly AnyArray[]): boolean {
  const buffer = Buffer.from(memory);
  block ??= ((own) => ({ bytes: Buffer.from(own), views: viewsOf(own) }))(new ArrayBuffer(blockBytes));
  const { bytes, views } = block;
  let [compared, gathered] = [0, 0];
  const flush = (): boolean => {
    const equal = buffer.compare(bytes, 0, gathered, compared, compared + gathered) === 0;
    compared += gathered;
    bytes.fill(0, 0, gathered);
    gathered = 0;
    return equal;
  };
  for (const array of arrays) {
    const size = room(array);
    if (gathered + size > blockBytes && !flush()) return false;
    if (size <= blockBytes) {
      put(views, array, gathered);
      gathered += size;
      continue;
    }
    const own = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    if (buffer.compare(own, 0, own.length, compared, compared + own.length) !== 0) return false;
    compared += size;
  }
  return flush();
}
