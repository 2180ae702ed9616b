/** One entry of a tar archive: its headers, those that extend them included, and where its content lies. */
import { named, tarFault } from "./faults.js";
import { blockBytes, isZeroBlock, readHeader, type TarHeader, textAt } from "./header.js";
import { type PaxRecords, readPax } from "./pax.js";

export interface TarEntry {
  /** With "/" between parts, never absolute, and without "./" before it. */
  readonly name: string;
  readonly isFile: boolean;
  /** Where its first header begins. */
  readonly start: number;
  /** Where its content begins, and how many bytes it has. */
  readonly data: number;
  readonly size: number;
  /** Where the next entry begins. */
  readonly next: number;
}

/** An archive that is read. */
export interface TarFile {
  /** As errors call it. */
  readonly name: string;
  readonly size: number;
}

/** More than this is no name and no record of one. */
const mostExtension = 2 ** 20;

/**
 * The entry that begins at `position` of the archive, which is `bytes[at]`; the number of bytes from there that are
 * needed to know, where there are not so many; undefined for the block of zeros that ends the archive.
 * @throws MillraceError FILE_FORMAT
 */
export function readEntry(
  bytes: Buffer,
  at: number,
  end: number,
  position: number,
  file: TarFile,
): TarEntry | number | undefined {
  const extended: { path?: string; size?: number } = {};
  for (let block = at; ; ) {
    if (block + blockBytes > end) return block + blockBytes - at;
    if (isZeroBlock(bytes, block)) {
      if (block === at) return undefined;
      throw tarFault(
        file.name,
        position,
        "an extended header must stand before an entry, but the archive ends",
      );
    }
    const header = readHeader(bytes, block);
    if (header === undefined) throw noHeader(file, position);
    if (!extensions.has(header.type)) {
      const data = position + block + blockBytes - at;
      return entryOf(header, extended, { position, data }, file);
    }
    const content = block + blockBytes;
    const size = checkedExtension(header, position, file);
    const next = content + padded(size);
    if (next > end) return next - at;
    const records = bytes.subarray(content, content + size);
    Object.assign(extended, extensionOf(header.type, records, file, position));
    block = next;
  }
}

/** PAX of one entry (and Solaris' of old), PAX of all that follow, GNU's long name and link. */
const extensions = new Set(["x", "X", "g", "L", "K"]);

function extensionOf(type: string, records: Buffer, { name }: TarFile, position: number): PaxRecords {
  if (type === "L") {
    const path = textAt(records, 0, records.length);
    if (path === undefined) throw notUtf8(name, position);
    return { path };
  }
  if (type === "K") return {};
  const read = readPax(records);
  if (read === undefined) {
    throw tarFault(name, position, 'a PAX header must have records of "length keyword=value", path in UTF-8');
  }
  if (read.sparse) throw sparse(name, position);
  // What holds for all entries cannot be the path or the size of each.
  return type === "g" ? {} : read;
}

function checkedExtension({ size }: TarHeader, position: number, { name }: TarFile): number {
  if (size <= mostExtension) return size;
  throw tarFault(
    name,
    position,
    `an extended header must have at most ${mostExtension} bytes, has ${Number.isNaN(size) ? "no readable size" : size}`,
  );
}

function entryOf(
  header: TarHeader,
  extended: PaxRecords,
  { position, data }: { readonly position: number; readonly data: number },
  file: TarFile,
): TarEntry {
  const stored = extended.path ?? header.name;
  if (stored === undefined) throw notUtf8(file.name, position);
  const name = safeName(stored, file, position);
  const isFolder = header.type === "5" || (header.type === "0" && stored.endsWith("/"));
  const isFile = !isFolder && (header.type === "0" || header.type === "7");
  if (!isFile && !isFolder) refuseType(header.type, name, file, position);
  // Folders have no content, whatever their size says; a volume's label has none either.
  const size = isFile ? (extended.size ?? header.size) : 0;
  if (!Number.isSafeInteger(size)) {
    throw tarFault(file.name, position, `the size of entry ${named(name)} must be a whole number`);
  }
  if (data + size > file.size) {
    throw tarFault(
      file.name,
      position,
      `entry ${named(name)} must have ${size} bytes, but the file ends ${file.size - data} bytes after its header`,
      "The file has been cut off: copy or make it again.",
    );
  }
  return { name, isFile, start: position, data, size, next: data + padded(size) };
}

function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

function safeName(stored: string, file: TarFile, position: number): string {
  const name = stored.startsWith("./") ? stored.replace(/^(?:\.\/+)+/, "") : stored;
  if (name.startsWith("/") || (name.includes("..") && name.split("/").includes(".."))) {
    const rule = `the name of an entry must be relative and without "..", was ${named(stored)}`;
    throw tarFault(file.name, position, rule, "Pack the archive again from within its folder.");
  }
  return name;
}

function refuseType(type: string, name: string, file: TarFile, position: number): void {
  if (type === "V") return;
  if (type === "S") throw sparse(file.name, position);
  const isLink = type === "1" || type === "2";
  const what = isLink
    ? `is a ${type === "1" ? "hard" : "symbolic"} link`
    : type === "M"
      ? "goes on from another volume"
      : "3 4 6".includes(type)
        ? "is a device or a pipe"
        : `has the type ${JSON.stringify(type)}`;
  throw tarFault(
    file.name,
    position,
    `an entry must be a file or a folder, but ${named(name)} ${what}`,
    isLink
      ? "Links are never followed: pack what they lead to, with `tar --dereference --hard-dereference`."
      : "Leave it out when the archive is packed.",
  );
}

function sparse(archive: string, position: number): Error {
  const rule = "a file must be stored whole, but this one is sparse";
  return tarFault(archive, position, rule, "Pack the archive again without `--sparse`.");
}

function notUtf8(archive: string, position: number): Error {
  const hint = "Rename the file, and pack the archive again.";
  return tarFault(archive, position, "the name of an entry must be UTF-8", hint);
}

function noHeader(file: TarFile, position: number): Error {
  return tarFault(
    file.name,
    position,
    position === 0
      ? "a shard must be a tar archive, but the file does not begin with the header of one"
      : "the header of an entry must stand here, but its checksum is wrong",
  );
}
