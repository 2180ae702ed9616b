import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { NdArray } from "@millrace/core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import {
  encoded,
  epoch,
  failureOf,
  type Folder,
  gradient,
  openSource,
  temporaryFolder,
} from "../../test/support.js";
import type { ImageFolderSample } from "./image-folder.js";

let folder: Folder;
const open = (root: string, options: object = {}, labels?: readonly string[]) =>
  openSource<ImageFolderSample>("image-folder", { root, ...options }, folder.baseUrl, labels);

async function imageAt(root: string, index: number, options: object = {}): Promise<NdArray> {
  const dataset = await open(root, options);
  return (await dataset.get(index, epoch)).image.materialize();
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const png = await encoded("png", 12, 8);
  await folder.write("animals/zebra/b.png", png);
  await folder.write("animals/zebra/a.PNG", png);
  await folder.write("animals/Ärmel/größe 100%#1?.png", await encoded("png", 5, 4, 1));
  await folder.write("animals/cat/deep/er/z.jpeg", await encoded("jpeg", 16, 12));
  await folder.write("animals/cat/deep-2/y.webp", await encoded("webp", 16, 12));
  await folder.write("animals/cat/x.png", await encoded("png", 6, 6, 4));
  await folder.write("animals/cat/notes.txt", "not an image");
  await folder.write("animals/README.md", "not a class");
});

describe("image-folder lists", () => {
  it("one class per folder, in code-unit order, and files of all depths by folder and name", async () => {
    const dataset = await open("animals");
    expect(dataset.facts?.labels).toEqual(["cat", "zebra", "Ärmel"]);
    expect(dataset.column?.("path")).toEqual([
      "cat/x.png",
      "cat/deep-2/y.webp",
      "cat/deep/er/z.jpeg",
      "zebra/a.PNG",
      "zebra/b.png",
      "Ärmel/größe 100%#1?.png",
    ]);
    expect(dataset.column?.("label")).toEqual(Int32Array.of(0, 0, 0, 1, 1, 2));
    expect(dataset.column?.("other")).toBeUndefined();
    expect([dataset.length, dataset.key?.(3)]).toEqual([6, "zebra/a.PNG"]);
    expect((await dataset.get(5, epoch)).label).toBe(2);
  });

  it("only the extensions asked for, with or without their dot", async () => {
    const dataset = await open("animals", { extensions: ["PNG"] });
    expect(dataset.length).toBe(4);
  });

  it("labels after the training classes, and refuses a class that is not among them", async () => {
    const known = ["dog", "Ärmel", "cat", "zebra"];
    const dataset = await open("animals", {}, known);
    expect(dataset.facts?.labels).toEqual(known);
    expect(dataset.column?.("label")).toEqual(Int32Array.of(2, 2, 2, 3, 3, 1));
    const error = await failureOf(() => open("animals", {}, ["cat", "zebras", "Ärmel"]));
    expect(error.code).toBe("LABEL_UNKNOWN");
    expect(error.message).toContain('one of the 3 known classes, was "zebra" (did you mean "zebras"?)');
  });

  it("linked folders, and ends where a link leads back up", async () => {
    await folder.write("linked/a/1.png", await encoded("png", 2, 2));
    await symlink(join(folder.path, "linked", "a"), join(folder.path, "linked", "b"));
    await symlink(join(folder.path, "linked"), join(folder.path, "linked", "a", "up"));
    expect((await open("linked")).column?.("path")).toEqual(["a/1.png", "b/1.png"]);
  });
});

describe("image-folder refuses", () => {
  it("links that lead out of the root, of files and of folders, unless that is allowed", async () => {
    const png = await encoded("png", 2, 2);
    await folder.write("elsewhere/1.png", png);
    for (const [root, target, link] of [
      ["links/to-file", "elsewhere/1.png", "a/1.png"],
      ["links/to-folder", "elsewhere", "a/deep"],
      ["links/to-class", "elsewhere", "b"],
      ["links/beside", "links/beside-it", "b"],
    ] as const) {
      await folder.write("links/beside-it/1.png", png);
      await folder.write(`${root}/a/0.png`, png);
      await symlink(join(folder.path, target), join(folder.path, root, link));
      const error = await failureOf(() => open(root));
      expect([error.code, error.where]).toEqual(["FILE_OUTSIDE", [join(folder.path, root, link)]]);
      expect(error.message).toContain(join(folder.path, target));
      expect((await open(root, { allowOutside: true })).length).toBe(2);
    }
    await symlink(join(folder.path, "animals"), join(folder.path, "linked-root"));
    expect((await open("linked-root")).length).toBe(6);
    await symlink(join(folder.path, "nowhere.png"), join(folder.path, "links/to-file/a/gone.png"));
    expect((await open("links/to-file", { allowOutside: true })).length).toBe(3);
  });

  it("a root that does not exist, in one sentence with a hint", async () => {
    const error = await failureOf(() => open("digits"));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toBe(`image folder ${join(folder.path, "digits")} does not exist`);
    expect(error.hint).toContain("`root`");
  });

  it("a root that is a file", async () => {
    const error = await failureOf(() => open("animals/README.md"));
    expect([error.code, error.message]).toEqual([
      "FILE_FORMAT",
      expect.stringContaining("must be a folder, was a file"),
    ]);
  });

  it("a root without class folders, and says if images lie there", async () => {
    const error = await failureOf(() => open("animals/zebra"));
    expect(error.code).toBe("FILE_FORMAT");
    expect(error.message).toContain("one folder per class, has none (but 2 images)");
  });

  it("a class without images, unless that is allowed", async () => {
    await folder.write("sparse/full/1.png", await encoded("png", 2, 2));
    await mkdir(join(folder.path, "sparse", "bare"));
    const error = await failureOf(() => open("sparse"));
    expect(error.code).toBe("FILE_FORMAT");
    expect(error.message).toContain("these hold none: bare");
    const dataset = await open("sparse", { allowEmpty: true });
    expect([dataset.length, dataset.facts?.labels]).toEqual([1, ["bare", "full"]]);
    expect(dataset.column?.("label")).toEqual(Int32Array.of(1));
  });

  it("options it does not have", async () => {
    await expect(open("animals", { recursive: true })).rejects.toThrow(/recursive/);
  });
});

describe("image-folder decodes", () => {
  it("the file's own pixels, also from a name with spaces, percent, hash and letters beyond ASCII", async () => {
    const image = await imageAt("animals", 5, { mode: "grayscale" });
    expect(image).toEqual({ dtype: "uint8", shape: [4, 5, 1], data: gradient(5, 4, 1) });
    expect((await imageAt("animals", 4)).data).toEqual(gradient(12, 8, 3));
  });

  it("any file to the channels of the mode", async () => {
    for (const [mode, channels] of [
      ["rgb", 3],
      ["grayscale", 1],
      ["rgba", 4],
    ]) {
      for (let index = 0; index < 6; index++) {
        const { shape, data } = await imageAt("animals", index, { mode });
        expect([mode, index, shape[2], data.length]).toEqual([
          mode,
          index,
          channels,
          shape[0] * shape[1] * shape[2],
        ]);
      }
    }
  });

  it("16-bit, palette and CMYK files to 8-bit colour", async () => {
    const raw = { width: 9, height: 7, channels: 3 } as const;
    const colour = () => sharp(gradient(9, 7, 3), { raw });
    await folder.write("kinds/a/1.png", await colour().toColourspace("rgb16").png().toBuffer());
    await folder.write("kinds/a/2.png", await colour().png({ palette: true }).toBuffer());
    await folder.write("kinds/a/3.jpg", await colour().toColourspace("cmyk").jpeg().toBuffer());
    await folder.write("kinds/a/4.gif", await colour().gif().toBuffer());
    await folder.write("kinds/a/5.tiff", await colour().tiff().toBuffer());
    for (let index = 0; index < 5; index++) expect((await imageAt("kinds", index)).shape).toEqual([7, 9, 3]);
  });

  it("transparent pixels as the background colour", async () => {
    const clear = sharp({ create: { width: 2, height: 1, channels: 4, background: "#ff000000" } });
    await folder.write("clear/a/1.png", await clear.png().toBuffer());
    expect(Array.from((await imageAt("clear", 0)).data)).toEqual([255, 255, 255, 255, 255, 255]);
    expect(Array.from((await imageAt("clear", 0, { background: "#102030" })).data.slice(0, 3))).toEqual([
      16, 32, 48,
    ]);
  });

  it("EXIF orientation only when asked to", async () => {
    const raw = { width: 6, height: 4, channels: 3 } as const;
    const turned = await sharp(gradient(6, 4, 3), { raw })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    await folder.write("turned/a/1.jpg", turned);
    expect((await imageAt("turned", 0)).shape).toEqual([4, 6, 3]);
    expect((await imageAt("turned", 0, { autoOrient: true })).shape).toEqual([6, 4, 3]);
  });
});

it("opens an absolute root, wherever the spec lies", async () => {
  const dataset = await openSource(
    "image-folder",
    { root: join(folder.path, "animals") },
    pathToFileURL("/nowhere/"),
  );
  expect(dataset.length).toBe(6);
});
