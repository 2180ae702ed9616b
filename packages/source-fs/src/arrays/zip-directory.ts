/** What a zip archive says of its members (APPNOTE 6.3): where each lies, so that those stored as they are can be read in place. */
import type { FileHandle } from "node:fs/promises";
import { faulty } from "./stored-array.js";

export interface ZipMember {
  readonly name: string;
  /** Otherwise it is stored as it is. */
  readonly isDeflated: boolean;
  readonly crc: number;
  /** Where its bytes start in the archive, how many they are, and how many they become. */
  readonly start: number;
  readonly packedBytes: number;
  readonly bytes: number;
}

/** The end record and the longest comment behind it, with the locator of zip64 before. */
const longestEnd = 22 + 65_535 + 20;
/** Bytes of a directory: one of a thousand members takes a tenth of it. */
const longestDirectory = 2 ** 24;
/** Deflate makes no byte of less. */
const mostRatio = 1032;

const [endSign, locatorSign, end64Sign, entrySign, localSign] = [
  0x06054b50, 0x07064b50, 0x06064b50, 0x02014b50, 0x04034b50,
];

/** The members by name, without those that `isWanted` is false of. `name` is for messages. Errors: FILE_FORMAT. */
export async function zipMembers(
  name: string,
  file: FileHandle,
  isWanted: (member: string) => boolean,
): Promise<ZipMember[]> {
  const { size } = await file.stat();
  const read = async (start: number, length: number): Promise<Buffer> => {
    if (start < 0 || start + length > size)
      throw faulty(name, "a zip archive must be whole, is cut off or damaged");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    if (bytesRead < length) throw faulty(name, "a zip archive must be whole, is cut off");
    return buffer;
  };
  const { start, bytes, count } = await directoryOf(name, size, read);
  if (bytes > longestDirectory)
    throw faulty(name, `a zip directory must take at most ${longestDirectory} bytes, states ${bytes}`);
  const directory = await read(start, bytes);
  const members: ZipMember[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { next, offset, ...member } = entryAt(name, directory, at);
    at = next;
    if (!isWanted(member.name)) continue;
    const local = await read(offset, 30);
    if (local.readUInt32LE(0) !== localSign)
      throw faulty(name, `member "${member.name}" must begin with PK\\3\\4`);
    const begin = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (begin + member.packedBytes > size)
      throw faulty(name, `member "${member.name}" must lie in the archive`);
    members.push({ ...member, start: begin });
  }
  return members;
}

interface Directory {
  readonly start: number;
  readonly bytes: number;
  readonly count: number;
}

async function directoryOf(
  name: string,
  size: number,
  read: (start: number, length: number) => Promise<Buffer>,
): Promise<Directory> {
  const tail = await read(Math.max(0, size - longestEnd), Math.min(size, longestEnd));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== endSign) end--;
  if (end < 0)
    throw faulty(
      name,
      "a zip archive must end with its directory, does not",
      "Is it whole, and an .npz file?",
    );
  const own = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    start: tail.readUInt32LE(end + 16),
  };
  if (own.count !== 0xffff && own.bytes !== 0xffffffff && own.start !== 0xffffffff) return own;
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== locatorSign) return own;
  const end64 = await read(long(name, tail, locator + 8), 56);
  if (end64.readUInt32LE(0) !== end64Sign)
    throw faulty(name, "a zip archive must have the end that it states, has not");
  return { count: long(name, end64, 32), bytes: long(name, end64, 40), start: long(name, end64, 48) };
}

function entryAt(
  name: string,
  directory: Buffer,
  at: number,
): Omit<ZipMember, "start"> & { readonly offset: number; readonly next: number } {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySign)
    throw faulty(name, "a zip directory must have as many members as it states, is damaged");
  const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
  const next = extraEnd + directory.readUInt16LE(at + 32);
  if (next > directory.length) throw faulty(name, "a zip directory must hold its members, is damaged");
  const member = directory.toString("utf8", at + 46, nameEnd);
  const method = directory.readUInt16LE(at + 10);
  const isEncrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
  if (isEncrypted || (method !== 0 && method !== 8)) {
    const was = isEncrypted ? "encrypted" : `method ${method}`;
    throw faulty(
      name,
      `member "${member}" must be stored or deflated, was ${was}`,
      "Write it with numpy.savez.",
    );
  }
  // Numbers that need 64 bits stand in an extra field, in this order.
  const longs = extra64(name, directory.subarray(nameEnd, extraEnd));
  const [bytes, packedBytes, offset] = [24, 20, 42].map((place) => {
    const value = directory.readUInt32LE(at + place);
    return value === 0xffffffff ? (longs.shift() ?? value) : value;
  });
  const isDeflated = method === 8;
  if (isDeflated ? bytes > packedBytes * mostRatio + 64 : bytes !== packedBytes)
    throw faulty(
      name,
      `member "${member}" must have the size that it states, ${bytes} bytes cannot come of ${packedBytes}`,
    );
  return { name: member, isDeflated, crc: directory.readUInt32LE(at + 16), bytes, packedBytes, offset, next };
}

function extra64(name: string, extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      const count = Math.floor(Math.min(length, extra.length - at - 4) / 8);
      return Array.from({ length: count }, (_, i) => long(name, extra, at + 4 + 8 * i));
    }
    at += 4 + length;
  }
  return [];
}

function long(name: string, bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (Number.isSafeInteger(value)) return value;
  throw faulty(name, "a zip archive must have places within it, is damaged");
}
