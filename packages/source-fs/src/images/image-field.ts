/** The image field of a sample: where transforms find it, and what they say when it is not there. */
import { isDeferred, isDeferredImage, isNdArray, MillraceError, type NdArray } from "@millrace/core";
import { z } from "zod";
import { applyOperation, type ImageOperation } from "./deferred-image.js";

/** What image transforms take and return; fields other than the image pass untouched. */
export type ImageSample = Readonly<Record<string, unknown>>;

export const keyOption = z
  .string()
  .min(1)
  .default("image")
  .describe("field of the sample that holds the image");

/** The pixels under `key`: uint8 [height, width, channels]. Errors: TRANSFORM_INPUT. */
export function pixelsOf(sample: ImageSample, key: string, transform: string): NdArray {
  return checkedPixels(fieldOf(sample, key, transform), key, transform, sample);
}

/** The sample with `operation` applied to the image under `key`, or put off if that image is still a file. */
export async function operateOn(
  sample: ImageSample,
  key: string,
  transform: string,
  operation: ImageOperation,
): Promise<ImageSample> {
  const field = fieldOf(sample, key, transform);
  if (isDeferredImage(field)) return { ...sample, [key]: field.apply(operation) };
  const value: unknown = isDeferred(field) ? await field.materialize() : field;
  const pixels = checkedPixels(value, key, transform, sample);
  if (![1, 3, 4].includes(pixels.shape[2])) throw inputError(pixels, key, transform, sample);
  return { ...sample, [key]: await applyOperation(pixels, operation) };
}

function fieldOf(sample: ImageSample, key: string, transform: string): unknown {
  const isRecord = typeof sample === "object" && sample !== null;
  if (isRecord && sample[key] !== undefined) return sample[key];
  throw inputError(isRecord ? undefined : sample, key, transform, sample);
}

function checkedPixels(value: unknown, key: string, transform: string, sample: ImageSample): NdArray {
  if (isNdArray(value) && value.dtype === "uint8" && value.shape.length === 3) return value;
  throw inputError(value, key, transform, sample);
}

function inputError(value: unknown, key: string, transform: string, sample: unknown): MillraceError {
  const fields = typeof sample === "object" && sample !== null ? Object.keys(sample).join(", ") : "";
  return new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs an image, uint8 [height, width, channels], under "${key}", was ${received(value)}`,
    {
      hint:
        fields === ""
          ? "Use it with a source of images."
          : `Set \`key\` to the field that holds the image; the sample has: ${fields}.`,
    },
  );
}

/** What a transform was given instead, for messages. */
export function received(value: unknown): string {
  if (value === undefined) return "nothing";
  if (isNdArray(value)) return `${value.dtype} [${value.shape.join(", ")}]`;
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  return value === null ? "null" : typeof value;
}
