/** Bytes that a source gives, a BLOB or a member of an archive, as the image that they encode. */
import { defineTransform, imageShape, isNdArray, LoggerService, MillraceError } from "@millrace/core";
import { z } from "zod";
import { type ImageSample, received } from "../images/image-field.js";
import { imageReader, shareImages } from "../images/image-reader.js";

const field = z.string().min(1);

export default defineTransform({
  name: "decode-image",
  summary: "encoded bytes (JPEG, PNG, …) as the image that they hold",
  deferred: true,
  options: z.strictObject({
    from: field.default("bytes").describe("field of the encoded bytes"),
    as: field.default("image").describe("the field that the image becomes"),
    keep: z.boolean().default(false).describe("keep the bytes too, where the image is another field"),
    ...imageShape,
  }),
  needs: { logger: LoggerService },
  touches: ({ from, as }) => ({ reads: [from], writes: [from, as] }),
  fields(fields, { from, as, keep }) {
    const { [from]: bytes, ...others } = fields;
    return { ...others, ...(keep && bytes && { [from]: bytes }), [as]: { type: "image" } };
  },
  create({ from, as, keep, ...options }, { logger }) {
    const reader = imageReader(options, shareImages(options, undefined, logger), logger);
    return (sample: ImageSample, { index }): Record<string, unknown> => {
      const bytes = bytesIn(sample, from);
      const image = reader.image({ name: `"${from}" of sample ${index}`, bytes });
      const { [from]: encoded, ...others } = sample;
      return { ...others, ...(keep && { [from]: encoded }), [as]: image };
    };
  },
});

function bytesIn(sample: ImageSample, from: string): Uint8Array {
  const isRecord = typeof sample === "object" && sample !== null;
  const value = isRecord ? sample[from] : sample;
  if (value instanceof Uint8Array) return value;
  if (isNdArray(value) && value.dtype === "uint8" && value.shape.length === 1)
    return value.data as Uint8Array;
  const fields = isRecord ? Object.keys(sample).join(", ") : "";
  throw new MillraceError(
    "TRANSFORM_INPUT",
    `decode-image needs encoded bytes under "${from}", was ${received(value)}`,
    {
      hint:
        fields === ""
          ? "Use it with a source that gives bytes."
          : `Set \`from\` to the field that holds them; the sample has: ${fields}.`,
    },
  );
}
