import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.js";
import { openEventFile } from "./event-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-events ü-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("CRC-32C", () => {
  // RFC 3720, B.4, and the check value of the CRC catalogue.
  it.each([
    ["123456789", 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(255), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ])("of %s is that of the standard", (input, expected) => {
    expect(crc32c(Buffer.from(input))).toBe(expected);
  });
});

describe("an event file", () => {
  it("is frames with right checksums, each complete as soon as it is written", async () => {
    const file = openEventFile(join(folder, "train"), () => new Date(1_700_000_000_500));
    expect(file.path).toMatch(/events\.out\.tfevents\.1700000000\./);
    expect(await frames(file.path)).toEqual([
      // Field 1, a double: the time; field 3, a string: the version.
      Buffer.from("\x09\0\0\x20\x40\xfc\x54\xd9\x41\x1a\x0dbrain.Event:2", "latin1"),
    ]);
    file.scalar("step/loss", 0.5, 300);
    const [, event] = await frames(file.path);
    // Field 2: 300 as a varint; field 5, the summary: its value with the tag and 0.5 as a float.
    expect(event.subarray(9)).toEqual(
      Buffer.from("\x10\xac\x02\x2a\x12\x0a\x10\x0a\x09step/loss\x15\0\0\0\x3f", "latin1"),
    );
    file.close();
  });

  it("counts steps beyond 32 bits", async () => {
    const file = openEventFile(folder);
    file.scalar("a", 1, 2 ** 40 + 1);
    file.close();
    const [, event] = await frames(file.path);
    expect([...event.subarray(9, 16)]).toEqual([0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x20]);
  });
});

async function frames(path: string): Promise<Buffer[]> {
  const bytes = await readFile(path);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(data));
    found.push(Buffer.from(data));
    at += length + 16;
  }
  return found;
}
