/** What tar archives may hold, as other programs write it, and what is refused. */
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, type Folder, openSource, temporaryFolder } from "../../test/support.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

interface Part {
  readonly name?: string;
  readonly type?: string;
  readonly content?: string | Uint8Array;
  /** Instead of the octal size of the content. */
  readonly size?: string | Uint8Array;
  readonly magic?: string;
  readonly prefix?: string;
  readonly sum?: (bytes: Uint8Array) => number;
}

/** Headers and contents as they are told, right or wrong. */
function tar(parts: readonly Part[], end = Buffer.alloc(1024)): Buffer {
  const blocks = parts.flatMap(({ name = "a.txt", type = "0", content = "", magic = "ustar\0", ...part }) => {
    const bytes = Buffer.from(content as string);
    const header = Buffer.alloc(512);
    header.write(name, 0, "latin1");
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    if (part.size !== undefined) Buffer.from(part.size as string).copy(header, 124);
    header.write(type, 156);
    header.write(magic, 257);
    if (part.prefix !== undefined) header.write(part.prefix, 345);
    header.fill(0x20, 148, 156);
    const sum = (part.sum ?? ((all) => all.reduce((total, byte) => total + byte, 0)))(header);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, end]);
}

const pax = (...records: readonly string[]): Part => {
  const lines = records.map((record) => {
    const rest = Buffer.byteLength(record) + 2;
    const length = rest + String(rest + String(rest).length).length;
    return `${length} ${record}\n`;
  });
  return { name: "PaxHeader", type: "x", content: lines.join("") };
};

/** Keys and texts of all samples. */
async function read(archive: Uint8Array): Promise<Record<string, string>> {
  await folder.write("t.tar", archive);
  const columns = { text: "text" };
  const dataset = await openSource<{ text: string }>(
    "tar-shards",
    { shards: "t.tar", columns },
    folder.baseUrl,
  );
  const found: Record<string, string> = {};
  try {
    for (let index = 0; index < dataset.length; index++)
      found[dataset.key?.(index) ?? ""] = (await dataset.get(index, epoch)).text;
  } finally {
    await dataset.close?.();
  }
  return found;
}

const big = Buffer.alloc(12);
big.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
const signed = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + (byte < 128 ? byte : byte - 256), 0);

describe("an entry is read as its writer meant it", () => {
  it.each<readonly [string, readonly Part[], string]>([
    ["with a binary size", [{ content: "hello", size: big }], "a"],
    ["with a size padded by spaces", [{ content: "hello", size: "          5 " }], "a"],
    ["with a prefix", [{ content: "hello", prefix: "some/folder" }], "some/folder/a"],
    [
      "of GNU, which keeps no prefix there",
      [{ content: "hello", magic: "ustar  ", prefix: "12345670123" }],
      "a",
    ],
    ["from before POSIX", [{ content: "hello", magic: "", type: "\0" }], "a"],
    ["with a checksum of signed bytes", [{ content: "hello", name: "\xc3\xa4.txt", sum: signed }], "ä"],
    [
      "with PAX path and size",
      [pax("path=längere/ü.txt", "size=5"), { content: "hello", size: "00000000000\0" }],
      "längere/ü",
    ],
    [
      "with PAX records that say nothing here",
      [pax("mtime=1.5", "comment=a=b c"), { content: "hello" }],
      "a",
    ],
    ["behind PAX records for all", [{ ...pax("path=other.txt"), type: "g" }, { content: "hello" }], "a"],
    [
      "with GNU's long name",
      [{ name: "././@LongLink", type: "L", content: "long/name.txt\0" }, { content: "hello" }],
      "long/name",
    ],
    [
      "behind a folder and a label",
      [{ name: "folder/", type: "5" }, { name: "label", type: "V" }, { content: "hello" }],
      "a",
    ],
    ["of the type contiguous", [{ content: "hello", type: "7" }], "a"],
    [
      "from a folder packed as ./",
      [
        { name: "./", type: "5" },
        { content: "hello", name: "./a.txt" },
      ],
      "a",
    ],
  ])("%s", async (_, parts, key) => {
    expect(await read(tar(parts))).toEqual({ [`t.tar/${key}`]: "hello" });
  });

  it("without the mark of the end, and with its file cut off in the padding", async () => {
    const whole = tar([{ content: "hello" }], Buffer.alloc(0));
    expect(await read(whole)).toEqual({ "t.tar/a": "hello" });
    expect(await read(whole.subarray(0, 517))).toEqual({ "t.tar/a": "hello" });
  });

  it("up to 300 kB apart, by one read each", async () => {
    const parts = Array.from({ length: 40 }, (_, i) => [
      { name: `${i}.bin`, content: Buffer.alloc(300_000, i) },
      { name: `${i}.txt`, content: `text ${i}` },
    ]).flat();
    const found = await read(tar(parts));
    expect(Object.values(found)).toEqual(Array.from({ length: 40 }, (_, i) => `text ${i}`));
  });
});

const longName = "b".repeat(2 ** 20);

describe("an archive is refused that", () => {
  it.each<readonly [string, Uint8Array | (() => Uint8Array), RegExp]>([
    ["has a symbolic link", tar([{ type: "2" }]), /"a\.txt" is a symbolic link[^]*never followed/],
    ["has a hard link", tar([{ type: "1" }]), /"a\.txt" is a hard link/],
    ["has a device", tar([{ type: "3" }]), /is a device or a pipe/],
    ["has what nobody knows", tar([{ type: "Q" }]), /has the type "Q"/],
    ["goes on from another volume", tar([{ type: "M" }]), /goes on from another volume/],
    ["has a sparse file of GNU", tar([{ type: "S" }]), /this one is sparse[^]*without `--sparse`/],
    ["has a sparse file of PAX", tar([pax("GNU.sparse.major=1"), {}]), /this one is sparse/],
    [
      "has an absolute name",
      tar([{ name: "/etc/a.txt" }]),
      /must be relative and without "\.\.", was "\/etc\/a\.txt"/,
    ],
    ["leads out of itself", tar([{ name: "a/../../b.txt" }]), /must be relative/],
    ["leads out by PAX", tar([pax("path=../b.txt"), {}]), /must be relative/],
    ["has a name that is not UTF-8", tar([{ name: "\xff.txt" }]), /must be UTF-8/],
    [
      "has PAX records of another length",
      tar([{ type: "x", content: "99 path=a\n" }, {}]),
      /a PAX header must have records/,
    ],
    ["has no size", tar([{ size: "xxxxxxxxxxx\0" }]), /the size of entry "a\.txt" must be a whole number/],
    ["has a negative size", tar([{ size: Buffer.alloc(12, 0xff) }]), /must be a whole number/],
    [
      "is shorter than it says",
      tar([{ content: "hello", size: "77777777777\0" }]),
      /must have 8589934591 bytes, but the file ends \d+/,
    ],
    [
      "has a huge extension",
      tar([{ type: "L", size: "77777777777\0" }]),
      /extended header must have at most 1048576 bytes/,
    ],
    [
      "has an extension that is cut off",
      () => tar([{ type: "L", content: longName }]).subarray(0, 9000),
      /file ends 9000 bytes after/,
    ],
    [
      "ends behind an extension",
      tar([pax("path=b.txt")]),
      /must stand before an entry, but the archive ends/,
    ],
    ["has a wrong checksum", tar([{ content: "a" }, { sum: () => 1 }]), /its checksum is wrong/],
    [
      "is cut off in a header",
      tar([{ content: "a" }, {}]).subarray(0, 1200),
      /the file ends 176 bytes after it begins/,
    ],
    [
      "is joined to another",
      Buffer.concat([tar([{}]), tar([{ name: "b.txt" }])]),
      /entries stand behind that[^]*one by one/,
    ],
    [
      "has a field twice",
      tar([{}, { name: "./a.TXT" }]),
      /each field once, but "a\.txt" and "a\.TXT" are the same one/,
    ],
    [
      "has a key twice",
      tar([{}, { name: "b.txt" }, { name: "a.cls" }]),
      /side by side, but others stand between "a\.txt" and "a\.cls"[^]*--sort=name/,
    ],
  ])("%s", async (_, archive, message) => {
    const fault = await read(typeof archive === "function" ? archive() : archive).catch(
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(MillraceError);
    expect((fault as MillraceError).code).toBe("FILE_FORMAT");
    expect((fault as MillraceError).describe()).toMatch(message);
    expect((fault as MillraceError).where[0]).toMatch(new RegExp(`^${join(folder.path, "t.tar")}`));
  });

  it("or gives samples, however its bytes are changed or cut off", async () => {
    const whole = tar([
      pax("path=längere/ü.txt"),
      { content: "hello" },
      { name: "b.txt", content: "x".repeat(600) },
    ]);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    const reading = fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        const found = await read(length % 3 === 0 ? bytes.subarray(0, length) : bytes).catch(
          (error: unknown) => error,
        );
        return !(found instanceof Error) || found instanceof MillraceError;
      },
    );
    await expect(fc.assert(reading, { numRuns: 300 })).resolves.toBeUndefined();
  });
});
