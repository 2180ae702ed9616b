import { imageOptions, ImagesService, LoggerService } from "@millrace/core";
import { Registry } from "@millrace/core/spec";
import { beforeAll, describe, expect, it } from "vitest";
import {
  decoders,
  encoded,
  failureOf,
  type Folder,
  makeTransform,
  temporaryFolder,
  transformContext,
} from "../../test/support.js";
import plugins from "../index.js";
import { imageReader, shareImages } from "./image-reader.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const shared = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
  copy.set(bytes);
  return copy;
};

describe("an image of bytes", () => {
  it.each(["png", "jpeg", "webp"] as const)(
    "is that of the %s file that holds them, by any decoder, wherever they lie",
    async (format) => {
      const file = await encoded(format, 200, 150);
      const path = await folder.write(`one.${format}`, file);
      const resize = await makeTransform("resize", { width: 20, height: 10 });
      for (const decoder of decoders) {
        const options = imageOptions.parse({ decoder });
        const reader = imageReader(options, shareImages(options));
        const whole = await reader.image({ name: path }).materialize();
        for (const bytes of [file, shared(file), () => file, () => Promise.resolve(file)]) {
          const given = reader.image({ name: "pets id=7", bytes });
          expect(await given.materialize()).toEqual(whole);
          const { image: small } = (await resize({ image: given }, transformContext())) as {
            image: typeof given;
          };
          const other = (await resize({ image: reader.image({ name: path }) }, transformContext())) as {
            image: typeof given;
          };
          expect(await small.materialize()).toEqual(await other.image.materialize());
        }
      }
    },
  );

  it("is named where it cannot be decoded, and a fault in reading it stays what it is", async () => {
    const options = imageOptions.parse({});
    const reader = imageReader(options, shareImages(options));
    const cut = (await encoded("jpeg", 40, 30)).subarray(0, 300);
    for (const [bytes, words] of [
      [cut, /ends too early/],
      [new Uint8Array(), /is empty/],
      [Buffer.from("<html>"), /no image file/],
    ] as const) {
      const error = await failureOf(() => reader.image({ name: "pets id=7", bytes }).materialize());
      expect([error.code, error.where]).toEqual(["FILE_FORMAT", ["pets id=7"]]);
      expect(error.message).toMatch(words);
    }
    const gone = new Error("gone");
    const read = reader.image({ name: "pets id=7", bytes: () => Promise.reject(gone) });
    expect(await failureOf(() => read.materialize())).toBe(gone);
  });
});

describe("the service by which other packages make images", () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };

  it("is this package's where it is among the plugins", async () => {
    const registry = new Registry();
    for (const plugin of plugins) registry.add(plugin);
    registry.provide(LoggerService, logger);
    const images = await registry.service(ImagesService);
    const options = imageOptions.parse({ mode: "grayscale" });
    const name = await folder.write("gray.png", await encoded("png", 9, 5));
    for (const decided of [undefined, structuredClone(images.share(options, [name]))]) {
      expect((await images.open(options, decided).image({ name }).materialize()).shape).toEqual([5, 9, 1]);
    }
  });

  it("says which package to add where it is not", async () => {
    const images = await new Registry().service(ImagesService);
    for (const ask of [
      () => images.share(imageOptions.parse({})),
      () => images.open(imageOptions.parse({})),
    ]) {
      const error = await failureOf(ask);
      expect([error.code, error.hint]).toEqual([
        "PACKAGE_MISSING",
        'Add "@millrace/source-fs" to `plugins`.',
      ]);
    }
  });
});
