/** One listing of an image folder for all threads, whatever comes and goes meanwhile. */
import { rename, rm } from "node:fs/promises";
import { isDeferred } from "@millrace/core";
import { beforeEach, expect, it } from "vitest";
import {
  encoded,
  epoch,
  failureOf,
  type Folder,
  openSource,
  reopened,
  temporaryFolder,
} from "../../test/support.js";
import type { ImageFolderSample } from "./image-folder.js";

let folder: Folder;
let png: Uint8Array;
beforeEach(async () => {
  folder = await temporaryFolder();
  png = await encoded("png", 4, 3);
  for (const name of ["b/ü 1.png", "b/2.png", "c/3.png"]) await folder.write(`pets/${name}`, png);
});

const options = { root: "pets" };
const open = () => openSource<ImageFolderSample>("image-folder", options, folder.baseUrl);
const pixelsOf = async (image: unknown) => isDeferred(image) && image.materialize();

it("a worker has the files and classes of the main thread's opening, though others have come", async () => {
  const first = await open();
  await folder.write("pets/a/0.png", png);
  await folder.write("pets/b/0.png", png);
  expect((await open()).length).toBe(5);
  const second = await reopened<ImageFolderSample>("image-folder", options, folder.baseUrl, first);
  expect([second.length, second.facts]).toEqual([3, { labels: ["b", "c"] }]);
  for (const index of [0, 1, 2]) {
    expect(second.key?.(index)).toBe(first.key?.(index));
    const [a, b] = [await first.get(index, epoch), await second.get(index, epoch)];
    expect([b.label, b.image.name]).toEqual([a.label, a.image.name]);
    expect(await pixelsOf(b.image)).toEqual(await pixelsOf(a.image));
  }
  expect(second.column?.("path")).toEqual(["b/2.png", "b/ü 1.png", "c/3.png"]);
  expect(second.column?.("label")).toEqual(first.column?.("label"));
});

it("a file or a class that is gone since is an error that names it", async () => {
  const first = await open();
  await rm(new URL("pets/b/2.png", folder.baseUrl));
  await rename(new URL("pets/c", folder.baseUrl), new URL("pets/d", folder.baseUrl));
  const second = await reopened<ImageFolderSample>("image-folder", options, folder.baseUrl, first);
  for (const [index, name] of [
    [0, "b/2.png"],
    [2, "c/3.png"],
  ] as const) {
    const { image } = await second.get(index, epoch);
    const error = await failureOf(() => pixelsOf(image));
    expect([error.code, error.describe()]).toEqual(["FILE_NOT_FOUND", expect.stringContaining(name)]);
  }
});

it("paths and labels lie in shared memory", async () => {
  const shared = (await open()).share?.() as
    | { labels: Int32Array; paths: { bytes: Uint8Array; starts: Float64Array } }
    | undefined;
  for (const array of [shared?.labels, shared?.paths.bytes, shared?.paths.starts]) {
    expect(array?.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
});
