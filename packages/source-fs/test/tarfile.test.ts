/** Archives that Python's tarfile wrote in each of its formats, as fixtures/tar/write-tar.py recorded them: the same samples. */
import { readFileSync } from "node:fs";
import { type ImageOptions, isDeferred, type NdArray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { epoch, openSource } from "./support.js";

/** By archive, key and extension: the content in base64. */
type Recorded = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

const fixtures = new URL("fixtures/tar/", import.meta.url);
const recorded = JSON.parse(readFileSync(new URL("samples.json", fixtures), "utf8")) as Recorded;
const images: Partial<ImageOptions> = { mode: "grayscale" };
const columns = {
  image: { type: "image", from: "jpg;png" },
  label: { type: "class", from: "cls" },
  seg: { type: "bytes", from: "seg.bin" },
  id: { type: "int32", from: "json:id" },
  iso: { type: "float32", from: "json:camera.iso" },
  name: { type: "text", from: "json:name" },
  array: { type: "array", from: "npy" },
  whole: { type: "bytes", from: "png" },
};

describe("tar-shards reads what Python's tarfile wrote", () => {
  it.each(Object.keys(recorded))("%s", async (name) => {
    const options = { shards: `${name}.tar`, columns, images };
    const dataset = await openSource<Record<string, unknown>>("tar-shards", options, fixtures);
    const expected = Object.entries(recorded[name]);
    expect(dataset.length).toBe(expected.length);
    for (const [index, [key, files]] of expected.entries()) {
      expect(dataset.key?.(index)).toBe(`${name}.tar/${key}`);
      const { image, ...fields } = await dataset.get(index, epoch);
      const json = JSON.parse(Buffer.from(files.json, "base64").toString()) as { id: number; name: string };
      expect(fields).toEqual({
        label: Number(Buffer.from(files.cls, "base64").toString()),
        seg: new Uint8Array(Buffer.from(files["seg.bin"], "base64")),
        id: json.id,
        iso: 100 * json.id,
        name: json.name,
        array: {
          dtype: "float32",
          shape: [2, 3],
          data: Float32Array.from({ length: 6 }, (_, i) => (index * i) / 2),
        },
        whole: new Uint8Array(Buffer.from(files.png, "base64")),
      });
      const pixels = isDeferred(image) ? ((await image.materialize()) as NdArray) : undefined;
      expect(pixels?.shape).toEqual([2, 3, 1]);
      const rows = [0, 1].flatMap((y) => [0, 1, 2].map((x) => (20 * index + 10 * x + 40 * y) % 256));
      expect([...(pixels?.data ?? [])]).toEqual(rows);
    }
    await dataset.close?.();
  });
});
