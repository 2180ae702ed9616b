import { isDeferredImage, type NdArray } from "@millrace/core";
import { expect, it } from "vitest";
import { encoded, failureOf, makeTransform, transformContext } from "../../test/support.js";
import decodeImage from "./decode-image.js";

it("gives the image still to be made, which later transforms add to, and keeps the bytes if asked", async () => {
  const jpg = await encoded("jpeg", 40, 30);
  const decode = await makeTransform("decode-image", { from: "jpg", mode: "grayscale", keep: true });
  const sample = (await decode({ jpg, cls: 3 }, transformContext())) as { image: unknown };
  expect(sample).toMatchObject({ jpg, cls: 3 });
  expect(isDeferredImage(sample.image)).toBe(true);
  const resize = await makeTransform("resize", { width: 8, height: 6 });
  const { image } = (await resize(sample, transformContext())) as {
    image: { materialize(): Promise<NdArray> };
  };
  expect((await image.materialize()).shape).toEqual([6, 8, 1]);
});

it("takes the place of the bytes, in samples and among the types of fields", async () => {
  const png = await encoded("png", 4, 3);
  const decode = await makeTransform("decode-image", { from: "image" });
  const bytes: NdArray = { dtype: "uint8", shape: [png.length], data: Uint8Array.from(png) };
  for (const image of [png, bytes]) {
    const made = (await decode({ image, label: 1 }, transformContext())) as {
      image: { materialize(): unknown };
    };
    expect(Object.keys(made).sort()).toEqual(["image", "label"]);
    expect(await made.image.materialize()).toMatchObject({ dtype: "uint8", shape: [3, 4, 3] });
  }
  const options = decodeImage.options.parse({});
  const fields = { bytes: { type: "bytes" }, label: { type: "int32" } } as const;
  const after = { image: { type: "image" }, label: { type: "int32" } };
  expect(decodeImage.fields?.(fields, options, undefined)).toEqual(after);
});

it("names field and sample where the bytes are no image, and what is there where there are no bytes", async () => {
  const decode = await makeTransform("decode-image");
  const made = (await decode({ bytes: Buffer.from("BM__") }, { ...transformContext(), index: 7 })) as {
    image: { materialize(): unknown };
  };
  const error = await failureOf(() => made.image.materialize());
  expect([error.code, error.where]).toEqual(["FILE_FORMAT", ['"bytes" of sample 7']]);
  const missing = await failureOf(() => decode({ jpg: null, cls: 1 }, transformContext()));
  expect(missing.describe()).toMatch(/bytes under "bytes", was nothing[\s\S]*the sample has: jpg, cls/);
});
