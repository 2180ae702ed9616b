import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import { type ShardSample, writeTarShards } from "./write-shards.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
const at = (name: string): string => join(folder.path, name);

async function* samples(): AsyncGenerator<ShardSample> {
  for (const [i, key] of ["a", "ü/b", "x".repeat(200), `${"y".repeat(99)}/c`].entries())
    yield { key, files: { bin: Uint8Array.of(i), txt: `text ${i}`, cls: i, json: { i } } };
}

describe("writeTarShards", () => {
  it("writes what tar-shards reads, the same bytes each time", async () => {
    const paths = await writeTarShards(at("s-%02d.tar"), samples(), { samplesPerShard: 3 });
    expect(paths).toEqual([at("s-00.tar"), at("s-01.tar")]);
    const [again] = await writeTarShards(at("t-%02d.tar"), samples(), { samplesPerShard: 3 });
    expect((await readFile(again)).equals(await readFile(paths[0]))).toBe(true);
    expect(await writeTarShards(at("u-%d.tar"), samples(), { bytesPerShard: 10_000 })).toHaveLength(2);
    const columns = { bin: "bytes", text: "text", i: { type: "int32", from: "json:i" } };
    const dataset = await openSource("tar-shards", { shards: "s-{00..01}.tar", columns }, folder.baseUrl);
    const found = await Promise.all([0, 1, 2, 3].map((index) => dataset.get(index, epoch)));
    expect(found).toEqual([0, 1, 2, 3].map((i) => ({ bin: Uint8Array.of(i), text: `text ${i}`, i })));
    const keys = [
      "s-00.tar/a",
      "s-00.tar/ü/b",
      `s-00.tar/${"x".repeat(200)}`,
      `s-01.tar/${"y".repeat(99)}/c`,
    ];
    expect([0, 1, 2, 3].map((index) => dataset.key?.(index))).toEqual(keys);
    await dataset.close?.();
  });

  it.each<readonly [string, string, readonly ShardSample[], string]>([
    ["a pattern without a number", "s.tar", [], "OPTION_INVALID"],
    ["a key twice", "s-%d.tar", ["a", "a"].map((key) => ({ key, files: { txt: "" } })), "DATASET_INVALID"],
    ["a key with a dot", "s-%d.tar", [{ key: "a.b", files: { txt: "" } }], "DATASET_INVALID"],
    ["a key that leads elsewhere", "s-%d.tar", [{ key: "../a", files: { txt: "" } }], "DATASET_INVALID"],
    ["an extension in capitals", "s-%d.tar", [{ key: "a", files: { TXT: "" } }], "DATASET_INVALID"],
    ["a sample without files", "s-%d.tar", [{ key: "a", files: {} }], "DATASET_INVALID"],
    ["a folder that is not there", "none/s-%d.tar", [{ key: "a", files: { txt: "" } }], "FILE_NOT_FOUND"],
  ])("refuses %s, and leaves no part of a shard", async (_, pattern, given, code) => {
    await expect(writeTarShards(at(pattern), given)).rejects.toMatchObject({ code });
    await expect(readFile(at("s-0.tar.partial"))).rejects.toThrow("ENOENT");
  });
});
