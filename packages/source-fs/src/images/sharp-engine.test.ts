import { rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, failureOf, type Folder, temporaryFolder } from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";
import type { DecodeSettings } from "./sharp-engine.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const settings: DecodeSettings = { mode: "rgb", background: "#ffffff", autoOrient: false };

describe("decoding names the file of", () => {
  const cases: [string, () => Promise<Uint8Array>][] = [
    ["truncated.png", async () => (await encoded("png", 64, 64)).subarray(0, 900)],
    ["truncated.jpg", async () => (await encoded("jpeg", 64, 64)).subarray(0, 900)],
    ["truncated.webp", async () => (await encoded("webp", 64, 64)).subarray(0, 200)],
    [
      "flipped.png",
      async () => (await encoded("png", 64, 64)).map((byte, i) => (i === 700 ? byte ^ 255 : byte)),
    ],
    ["empty.png", async () => new Uint8Array()],
    ["text.png", async () => new TextEncoder().encode("not an image")],
    ["header.png", async () => (await encoded("png", 64, 64)).subarray(0, 20)],
  ];
  it.each(cases)("%s, resized or not", async (name, bytes) => {
    const path = await folder.write(name, await bytes());
    const image = deferredImage(path, settings);
    const resize = { width: 8, height: 8, fit: "fill", kernel: "linear" } as const;
    for (const deferred of [image, image.apply({ type: "resize", settings: resize })]) {
      const error = await failureOf(() => deferred.materialize());
      expect([error.code, error.where]).toEqual(["FILE_FORMAT", [path]]);
      expect(error.message.split("\n")).toHaveLength(1);
    }
  });

  it("an image that is gone", async () => {
    const path = await folder.write("gone.png", await encoded("png", 2, 2));
    const image = deferredImage(path, settings);
    await rm(path);
    const error = await failureOf(() => image.materialize());
    expect([error.code, error.where]).toEqual(["FILE_NOT_FOUND", [path]]);
  });
});
