import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Dataset, DeferredImage } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import imageFolder from "../sources/image-folder.js";

type Sample = Readonly<Record<string, unknown>> & { readonly image: DeferredImage };

let folder: Folder;
const open = (options: object, labels?: readonly string[]) =>
  openSource<Sample>("image-folder", options, folder.baseUrl, labels);
const rows = [
  ["a/1.png", "cat", 3, "train"],
  ["a/2.jpg", "dog", 5, "train"],
  ["b/1.webp", "cat", 2, "val"],
  ["b/2 ü.png", "dog", 9, "test"],
] as const;

beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write("set/a/1.png", await encoded("png", 8, 6));
  await folder.write("set/a/2.jpg", await encoded("jpeg", 8, 6));
  await folder.write("set/b/1.webp", await encoded("webp", 8, 6));
  await folder.write("set/b/2 ü.png", await encoded("png", 8, 6));
  const csv = ["path,label,age,split", ...rows.map((row) => row.join(","))].join("\n");
  const lines = rows
    .map(([path, label, age, split]) => JSON.stringify({ path, label, age, split }))
    .join("\n");
  await folder.write("set/labels.csv", csv);
  await folder.write("set/labels.tsv", csv.replaceAll(",", "\t"));
  await folder.write("set/labels.jsonl", lines);
  await folder.write("set/labels.jsonl.gz", gzipSync(lines));
  await folder.write("lists/labels.csv", csv);
});

const samplesOf = async (dataset: Dataset<Sample>): Promise<unknown[]> => {
  const samples: unknown[] = [];
  for (let index = 0; index < dataset.length; index++) {
    const { image, ...rest } = await dataset.get(index, epoch);
    samples.push({ ...rest, shape: (await image.materialize()).shape.join() });
  }
  return samples;
};

describe("image-folder with a manifest", () => {
  it.each(["set/labels.csv", "set/labels.tsv", "set/labels.jsonl", "set/labels.jsonl.gz"])(
    "reads the images that %s names, with their labels, and calls them by file and line",
    async (manifest) => {
      const dataset = await open({ manifest, mode: "grayscale" });
      expect(dataset.facts?.labels).toEqual(["cat", "dog"]);
      const first = manifest.includes("json") ? 1 : 2;
      expect([dataset.length, dataset.key?.(3)]).toEqual([4, `${manifest}:${first + 3}`]);
      expect(await samplesOf(dataset)).toEqual([0, 1, 0, 1].map((label) => ({ label, shape: "6,8,1" })));
    },
  );

  it.each(["set/labels.csv", "set/labels.jsonl"])(
    "takes the rows of %s that are asked for, several targets by type, and the classes of training",
    async (manifest) => {
      const columns = { image: { type: "image", from: "path" }, label: "class", age: "float32" };
      const some = async (where: object, labels?: readonly string[]) =>
        samplesOf(await open({ manifest, columns, where }, labels));
      const sample = (label: number, age: number) => ({ label, age, shape: "6,8,3" });
      expect(await some({ split: "train" })).toEqual([sample(0, 3), sample(1, 5)]);
      expect(await some({ split: ["val", "test"] }, ["dog", "cat"])).toEqual([sample(1, 2), sample(0, 9)]);
      expect(await some({ age: [2, 3], split: "val" })).toEqual([sample(0, 2)]);
      const validation = await open({ manifest, where: { split: "val" } });
      expect(validation.key?.(0)).toMatch(manifest.includes("json") ? /:3$/ : /:4$/);
      const none = await failureOf(() => open({ manifest, where: { split: "tain" } }));
      expect([none.code, none.hint]).toEqual(["FILE_FORMAT", '"split" has: train, val, test.']);
      expect(none.path).toEqual(["where", "split"]);
    },
  );

  it("finds the paths from the manifest's own folder, or from the root", async () => {
    const manifest = "lists/labels.csv";
    expect((await open({ manifest, root: "set" })).length).toBe(4);
    const error = await failureOf(() => open({ manifest }));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toContain("4 are not");
    expect(error.message).toContain(`${join(folder.path, "lists/a/1.png")} (lists/labels.csv:2)`);
  });

  it("refuses paths that lead out of the root, by themselves or by a link, unless that is allowed", async () => {
    await folder.write("away/1.png", await encoded("png", 2, 2));
    await folder.write("inner/linked.csv", "path,label\nlink.png,a\n");
    await folder.write("inner/dots.jsonl", '{"path":"../away/1.png","label":"a"}');
    await symlink(join(folder.path, "away/1.png"), join(folder.path, "inner/link.png"));
    for (const [manifest, key] of [
      ["inner/linked.csv", "inner/linked.csv:2"],
      ["inner/dots.jsonl", "inner/dots.jsonl:1"],
    ] as const) {
      const error = await failureOf(() => open({ manifest }));
      expect([error.code, error.where]).toEqual(["FILE_OUTSIDE", [key]]);
      expect((await open({ manifest, allowOutside: true })).length).toBe(1);
    }
  });

  it("takes absolute paths as they are", async () => {
    await folder.write("absolute.csv", `path,label\n${join(folder.path, "set/a/1.png")},cat\n`);
    const dataset = await open({ manifest: "absolute.csv" });
    expect((await dataset.get(0, epoch)).image.name).toBe(join(folder.path, "set/a/1.png"));
  });

  it("is asked about image files, and rows of other manifests", async () => {
    const options = imageFolder.options.parse({ manifest: "gone.csv", mode: "grayscale" });
    const facts = { labels: ["cat", "dog"] };
    const inputs = await imageFolder.inputs?.(options, { baseUrl: folder.baseUrl, seed: 1, facts });
    expect(inputs?.endings).toEqual(expect.arrayContaining([".jpg", ".csv", ".tsv"]));
    const found: string[] = [];
    for (const path of ["set/a/2.jpg", "set/labels.csv"]) {
      for await (const each of inputs?.read(join(folder.path, path)) ?? []) {
        const { image } = ("sample" in each ? each.sample : {}) as Partial<Sample>;
        found.push(((await image?.materialize())?.shape ?? []).join());
      }
    }
    expect(found).toEqual(Array.from({ length: 5 }, () => "6,8,1"));
    expect(inputs?.fromValues?.({ path: "a/1.png" }, join(folder.path, "set"))).toMatchObject({
      image: { name: join(folder.path, "set/a/1.png") },
    });
  });

  it("has `columns` and `where` alone, and neither without it", async () => {
    await expect(open({})).rejects.toThrow(/must have a `root` of class folders, or a `manifest`/);
    await expect(open({ root: "set", where: { split: "train" } })).rejects.toThrow(/must have a `manifest`/);
    const error = await failureOf(() => open({ manifest: "set/labels.csv", where: { fold: 1 } }));
    expect(error.message).toContain('column "fold" is not in the file');
  });

  it("names an image that is gone since", async () => {
    const path = await folder.write("brief/1.png", await encoded("png", 2, 2));
    await folder.write("brief/labels.csv", "path,label\n1.png,a\n");
    const dataset = await open({ manifest: "brief/labels.csv" });
    await rm(path);
    const { image } = await dataset.get(0, epoch);
    expect(await failureOf(() => image.materialize())).toMatchObject({
      code: "FILE_NOT_FOUND",
      where: [path],
    });
  });
});
