/** Opens files of arrays: NPY, NPZ and safetensors. What their headers state is checked against the file first. */
import type { FileHandle } from "node:fs/promises";
import type { NamedFile } from "../files/find.js";
import { openInput } from "../files/open.js";
import type { StampedFile } from "../files/parts.js";
import { stampOf } from "../files/stamp.js";
import { type Allowance, inflated, inRowOrder } from "./hold.js";
import { longestHeader, npyHeader } from "./npy-header.js";
import { headerLength, tensorsOf } from "./safetensors-header.js";
import { checkFilled, faulty, type StoredArray } from "./stored-array.js";
import { zipMembers } from "./zip-directory.js";

/** The arrays of one file by name. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
export type OpenArrays = (
  file: NamedFile,
  option: string,
  allowance: Allowance,
  isWanted: (name: string) => boolean,
) => Promise<ReadonlyMap<string, StoredArray>>;

/** One array, under the name "". */
export const openNpy: OpenArrays = (file, option, allowance) =>
  opened(file, option, async (handle, stamped) => {
    const { size } = await handle.stat();
    const array = await arrayAt(file.name, handle, stamped, { start: 0, bytes: size }, allowance);
    return new Map([["", array]]);
  });

/** The members of an .npz file by their names without ".npy"; those that are deflated are held in memory. */
export const openNpz: OpenArrays = (file, option, allowance, isWanted) =>
  opened(file, option, async (handle, stamped) => {
    const arrays = new Map<string, StoredArray>();
    const isArray = (member: string): boolean => member.endsWith(ending) && isWanted(nameOf(member));
    for (const member of await zipMembers(file.name, handle, isArray)) {
      const place = `${file.name}: ${nameOf(member.name)}`;
      if (arrays.has(nameOf(member.name)))
        throw faulty(place, "a member must stand in the archive once, stands there twice");
      const held = member.isDeflated ? await inflated(place, handle, member, allowance) : undefined;
      const within = { start: held === undefined ? member.start : 0, bytes: member.bytes };
      arrays.set(nameOf(member.name), await arrayAt(place, handle, stamped, within, allowance, held));
    }
    return arrays;
  });

const ending = ".npy";

function nameOf(member: string): string {
  return member.slice(0, -ending.length);
}

export const openSafetensors: OpenArrays = (file, option, _allowance, isWanted) =>
  opened(file, option, async (handle, stamped) => {
    const { name } = file;
    const { size } = await handle.stat();
    const length = headerLength(name, await bytesAt(handle, 0, 8), size);
    const tensors = tensorsOf(name, await bytesAt(handle, 8, length), size, isWanted);
    const made = tensors.map(
      ({ name: tensor, ...array }) =>
        [tensor, { ...array, name: `${name}: ${tensor}`, fortran: false, file: stamped }] as const,
    );
    return new Map(made);
  });

async function opened<T>(
  file: NamedFile,
  option: string,
  use: (handle: FileHandle, stamped: StampedFile) => Promise<T>,
): Promise<T> {
  const stamped = { ...file, stamp: stampOf(file.path) };
  const handle = await openInput(file.path, option);
  try {
    return await use(handle, stamped);
  } finally {
    await handle.close();
  }
}

/** The array of an NPY file that lies in `within`, of the file or of what is held of it. */
async function arrayAt(
  name: string,
  handle: FileHandle,
  file: StampedFile,
  within: { readonly start: number; readonly bytes: number },
  allowance: Allowance,
  held?: SharedArrayBuffer,
): Promise<StoredArray> {
  const length = Math.min(within.bytes, longestHeader);
  const head =
    held === undefined ? await bytesAt(handle, within.start, length) : Buffer.from(held, 0, length);
  const { element, shape, fortran, start } = npyHeader(name, head);
  checkFilled(name, element, shape, within.bytes - start);
  const array = { name, element, shape, fortran, start: within.start + start, file, ...(held && { held }) };
  return fortran && shape.length > 1 ? inRowOrder(array, handle, allowance) : array;
}

/** The bytes from `position` on, fewer at the end of the file. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
