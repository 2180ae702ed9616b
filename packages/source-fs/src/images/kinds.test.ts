/** Every kind of picture, as Pillow writes it, becomes the pixels that Pillow reads: by each decoder. */
import { readFileSync } from "node:fs";
import type { NdArray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { decoders } from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";
import type { DecodeSettings } from "./sharp-engine.js";

interface Kind {
  /** Base64. */
  readonly file: string;
  /** [height, width, 3]. */
  readonly shape: readonly number[];
  readonly rgb: readonly number[];
  readonly rgba: readonly number[];
}

const recorded = new URL("../../test/fixtures/image-kinds.json", import.meta.url);
const { kinds } = JSON.parse(readFileSync(recorded, "utf8")) as { kinds: Record<string, Kind> };
const settings = { mode: "rgb", background: "#ffffff", autoOrient: false } as const;
const read = (name: string, more: Partial<DecodeSettings> = {}) =>
  deferredImage(
    { name, bytes: Buffer.from(kinds[name].file, "base64") },
    { ...settings, ...more },
  ).materialize();
const farthest = ({ data }: NdArray, wanted: readonly number[]) =>
  Math.max(...Array.from(data, (value, i) => Math.abs(value - wanted[i])));

describe.each(decoders)("by %s", (decoder) => {
  const named = Object.keys(kinds);

  it.each(named.filter((name) => !name.startsWith("cmyk")))("%s", async (name) => {
    const { shape, rgb, rgba } = kinds[name];
    const colours = await read(name, { decoder });
    expect(colours.shape).toEqual(shape);
    // What is half transparent is rounded where it meets the background.
    expect(farthest(colours, rgb)).toBeLessThanOrEqual(/alpha|clear/.test(name) ? 1 : 0);
    const gray = await read(name, { decoder, mode: "grayscale" });
    expect(gray.shape).toEqual([shape[0], shape[1], 1]);
    // Pillow's own way with 16 bits is to cut them off at 255.
    if (name.startsWith("16 bit")) return;
    const whole = await read(name, { decoder, mode: "rgba" });
    expect([whole.shape, farthest(whole, rgba)]).toEqual([[shape[0], shape[1], 4], 0]);
  });

  it.each(["cmyk.jpg", "cmyk.tif"])("%s, by a printer's profile and not by arithmetic", async (name) => {
    const made = await read(name, { decoder });
    expect(made).toEqual(await read(name, { decoder: "sharp" }));
    const [red, , , , , , , , blue] = Array.from({ length: 16 }, (_, x) =>
      made.data.subarray(3 * x, 3 * x + 3),
    );
    expect(red[0]).toBeGreaterThan(red[1] + 60);
    expect(blue[2]).toBeGreaterThan(blue[0] + 60);
  });

  it.each(["turned.jpg", "turned.png"])(
    "%s as its EXIF orientation says, with autoOrient alone",
    async (name) => {
      const still = await read(name, { decoder });
      const turned = await read(name, { decoder, autoOrient: true });
      const [height, width] = still.shape;
      expect(turned.shape).toEqual([width, height, 3]);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [from, to] = [3 * (y * width + x), 3 * (x * height + height - 1 - y)];
          expect(turned.data.subarray(to, to + 3)).toEqual(still.data.subarray(from, from + 3));
        }
      }
    },
  );

  it.each(named)("%s, cut off, is an error that says so, or what was left of it", async (name) => {
    const whole = Buffer.from(kinds[name].file, "base64");
    for (const share of [0, 0.1, 0.5, 0.9]) {
      const bytes = whole.subarray(0, Math.floor(share * whole.length));
      const image = deferredImage({ name, bytes }, { ...settings, decoder, onWarning: "error" });
      const outcome = await Promise.resolve(image.materialize()).then(
        ({ shape }) => shape,
        (error: { readonly code: string; readonly where: readonly string[] }) => [error.code, ...error.where],
      );
      const fault = ["FILE_FORMAT", name];
      expect(share < 0.5 ? [fault] : [fault, kinds[name].shape]).toContainEqual(outcome);
    }
  });
});
