/** Samples into tar shards that webdataset reads too. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { fileFault, MillraceError } from "@millrace/core";
import { splitName } from "./groups.js";
import { blockBytes } from "./header.js";

/** One sample: its files by extension, such as `{ key: "0001", files: { jpg: bytes, cls: 3, json: { age: 7 } } }`. */
export interface ShardSample {
  /** Without a dot in its last part, for what stands behind the first dot is the extension; folders with "/". */
  readonly key: string;
  /** Bytes and texts as they are, numbers in decimals, anything else as JSON. */
  readonly files: Readonly<Record<string, unknown>>;
}

export interface WriteShardsOptions {
  /** A shard is full when it holds so many samples; default 10,000. */
  readonly samplesPerShard?: number;
  /** Or when it has so many bytes; default 2^30. */
  readonly bytesPerShard?: number;
}

/** The largest file that can be read again at once. */
const largestFile = 2 ** 31 - 1;

/**
 * Writes shards one after the other, and returns their paths. `%06d` in `pattern` is the number of the shard, from 0, in six
 * digits, as in "train-%06d.tar". Each shard is there whole or not at all. The same samples make the same bytes.
 *
 * @throws MillraceError OPTION_INVALID for a pattern without a number; DATASET_INVALID for a key or a file that cannot be
 * read again; FILE_FAILED and FILE_NOT_FOUND where the file system refuses.
 */
export async function writeTarShards(
  pattern: string,
  samples: Iterable<ShardSample> | AsyncIterable<ShardSample>,
  { samplesPerShard = 10_000, bytesPerShard = 2 ** 30 }: WriteShardsOptions = {},
): Promise<string[]> {
  const number = /%0?(\d*)d/.exec(pattern);
  if (number === null) {
    throw new MillraceError(
      "OPTION_INVALID",
      `the pattern of shards must have a number, was ${JSON.stringify(pattern)}`,
      {
        hint: "Such as train-%06d.tar.",
      },
    );
  }
  const pathOf = (shard: number): string =>
    pattern.replace(number[0], () => String(shard).padStart(Number(number[1]), "0"));
  const paths: string[] = [];
  let shard: ShardFile | undefined;
  try {
    for await (const sample of samples) {
      const blocks = blocksOf(sample);
      if (shard?.isFull(samplesPerShard, bytesPerShard)) shard = await shard.finish();
      if (shard === undefined) {
        shard = await ShardFile.create(pathOf(paths.length));
        paths.push(shard.path);
      }
      await shard.write(sample.key, blocks);
    }
    shard = await shard?.finish();
    return paths;
  } catch (error) {
    await shard?.abandon();
    throw error;
  }
}

class ShardFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #keys = new Set<string>();
  #bytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<ShardFile> {
    try {
      return new ShardFile(path, await open(`${path}.partial`, "w"));
    } catch (error) {
      throw fileFault(error, path, "cannot be written");
    }
  }

  isFull(samples: number, bytes: number): boolean {
    return this.#keys.size >= samples || this.#bytes >= bytes;
  }

  async write(key: string, blocks: readonly Uint8Array[]): Promise<void> {
    if (this.#keys.size === this.#keys.add(key).size)
      throw invalid(key, "each sample of a shard must have a key of its own, but this one came before");
    await this.#write(blocks);
  }

  /** Marks the end, waits for the disk, and puts the file in its place. */
  async finish(): Promise<undefined> {
    await this.#write([Buffer.alloc(2 * blockBytes)]);
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(`${this.path}.partial`, this.path);
    } catch (error) {
      throw fileFault(error, this.path, "cannot be written");
    }
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(`${this.path}.partial`, { force: true });
  }

  async #write(blocks: readonly Uint8Array[]): Promise<void> {
    try {
      for (const bytes of blocks) {
        for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
        this.#bytes += bytes.length;
      }
    } catch (error) {
      throw fileFault(error, this.path, "cannot be written");
    }
  }
}

function blocksOf({ key, files }: ShardSample): Uint8Array[] {
  const isSafe = key !== "" && !key.startsWith("/") && !key.split("/").includes("..");
  if (!isSafe) throw invalid(key, 'the key of a sample must be relative, and without ".."');
  if (Object.keys(files).length === 0) throw invalid(key, "a sample must have a file");
  return Object.entries(files).flatMap(([extension, value]) => {
    const name = `${key}.${extension}`;
    const [readKey, readExtension] = splitName(name) ?? [];
    if (readKey !== key || readExtension !== extension || extension.includes("/")) {
      const rule = "must have no dot in the last part of its key, and extensions in lower case without /";
      throw invalid(name, `a sample ${rule}`);
    }
    const content = contentOf(value);
    if (content.length > largestFile)
      throw invalid(name, `a file must have at most 2 GiB, has ${content.length} bytes`);
    return entry(name, content);
  });
}

function contentOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  return Buffer.from(isPlain ? String(value) : (JSON.stringify(value) ?? ""));
}

/** A file: ustar, and PAX before it where the name is long or not ASCII. */
function entry(name: string, content: Uint8Array): Uint8Array[] {
  // oxlint-disable-next-line no-control-regex
  const isPlain = name.length <= 100 && /^[\x01-\x7f]*$/.test(name);
  const file = [header(isPlain ? name : "file", "0", content.length), content, padding(content.length)];
  if (isPlain) return file;
  const record = paxRecord("path", name);
  return [header("PaxHeaders/file", "x", record.length), record, padding(record.length), ...file];
}

/** The length counts itself. */
function paxRecord(keyword: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length++;
  return Buffer.from(`${length} ${keyword}=${value}\n`);
}

function padding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

function header(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 100);
  block.write(`        ${type}`, 148);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

function invalid(name: string, rule: string): MillraceError {
  return new MillraceError("DATASET_INVALID", rule, { where: [name] });
}
