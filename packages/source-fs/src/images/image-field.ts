/** The image field of a sample: where transforms find it, and what they say when it is not there. */
import { isDeferred, isDeferredImage, isNdArray, MillraceError, type NdArray } from "@millrace/core";
import { z } from "zod";
import type { Pixels, PixelType } from "../pixels/pixels.js";
import { applyOperation, type ImageOperation } from "./operations.js";

/** What image transforms take and return; fields other than the image pass untouched. */
export type ImageSample = Readonly<Record<string, unknown>>;

export const keyOption = z
  .string()
  .min(1)
  .default("image")
  .describe("field of the sample that holds the image");

const field = z.string().min(1);

export const masksOption = z
  .union([field, z.array(field)])
  .optional()
  .describe(
    "fields of masks that go with the image and are as large: changed alike, by nearest neighbour and with 0 from outside",
  );

/** The images that a transform takes. */
export interface Takes {
  readonly types: readonly PixelType[];
  /** Numbers of channels; any, if left out. */
  readonly channels?: readonly number[];
}

const bytes: Takes = { types: ["uint8"] };
/** Bytes, or numbers from 0 to 1, of any number of channels. */
export const anyPixels: Takes = { types: ["uint8", "float32"] };
/** The same, gray or in colour. */
export const anyColours: Takes = { types: ["uint8", "float32"], channels: [1, 3] };
/** Bytes, gray or in colour. */
export const byteColours: Takes = { types: ["uint8"], channels: [1, 3] };

/** The pixels under `key`, [height, width, channels]; uint8, if nothing else is said. Errors: TRANSFORM_INPUT. */
export function pixelsOf(sample: ImageSample, key: string, transform: string, takes = bytes): Pixels {
  return checkedPixels(fieldOf(sample, key, transform), key, transform, sample, takes);
}

/**
 * The pixels under `key`, or several images of a size as one array: uint8 or float32 of at least `axes` axes, the last of which
 * are height, width and channels. Errors: TRANSFORM_INPUT.
 */
export function stackOf(sample: ImageSample, key: string, transform: string, axes = 3): Pixels {
  const value = fieldOf(sample, key, transform);
  const isPixels = isNdArray(value) && (value.dtype === "uint8" || value.dtype === "float32");
  if (isPixels && value.shape.length >= axes && !value.shape.includes(0)) return value as Pixels;
  throw inputError(value, key, transform, sample, anyPixels);
}

/** What sharp resizes. */
const sharpTakes: Takes = { types: ["uint8"], channels: [1, 3, 4] };

/**
 * The sample with `operation` applied to the image under `key`, or put off if that image is still a file; as it is, where there
 * is none to apply. Errors: TRANSFORM_INPUT.
 */
export function operateOn(
  sample: ImageSample,
  key: string,
  transform: string,
  operation: ImageOperation | undefined,
  takes = sharpTakes,
): ImageSample | Promise<ImageSample> {
  const field = fieldOf(sample, key, transform);
  if (isDeferredImage(field))
    return operation === undefined ? sample : { ...sample, [key]: field.apply(operation) };
  if (isDeferred(field))
    return Promise.resolve(field.materialize()).then((made) =>
      operateOn({ ...sample, [key]: made }, key, transform, operation, takes),
    );
  const pixels = checkedPixels(field, key, transform, sample, takes);
  if (operation === undefined) return sample;
  const changed = applyOperation(pixels, operation);
  return changed instanceof Promise
    ? changed.then((made) => ({ ...sample, [key]: made }))
    : { ...sample, [key]: changed };
}

/** The image of a sample, and the masks that go with it. */
export interface ImageFields {
  readonly key: string;
  readonly masks?: string | readonly string[] | undefined;
}

/**
 * The sample with the image and its masks under one operation. With masks all of them are decoded first: they must be of one
 * size. Errors: TRANSFORM_INPUT.
 */
export function operateOnAll(
  sample: ImageSample,
  { key, masks = [] }: ImageFields,
  transform: string,
  operation: ImageOperation | undefined,
  ofMasks = operation,
): ImageSample | Promise<ImageSample> {
  const keys = [key, ...[masks].flat()];
  if (keys.length === 1) return operateOn(sample, key, transform, operation, anyPixels);
  return changeAll(sample, { key, masks }, transform, (pixels, isMask) =>
    applyIfAny(pixels, isMask ? ofMasks : operation),
  );
}

function applyIfAny(pixels: NdArray, operation: ImageOperation | undefined): NdArray | Promise<NdArray> {
  return operation === undefined ? pixels : applyOperation(pixels, operation);
}

/** The same with any change of pixels. */
export async function changeAll(
  sample: ImageSample,
  { key, masks = [] }: ImageFields,
  transform: string,
  change: (pixels: Pixels, isMask: boolean) => NdArray | Promise<NdArray>,
): Promise<ImageSample> {
  const made: Record<string, unknown> = { ...sample };
  let first: Pixels | undefined;
  for (const name of [key, ...[masks].flat()]) {
    const field = fieldOf(sample, name, transform);
    const value = isDeferred(field) ? await field.materialize() : field;
    const pixels = checkedPixels(value, name, transform, sample, anyPixels);
    first ??= pixels;
    if (pixels.shape[0] !== first.shape[0] || pixels.shape[1] !== first.shape[1]) {
      throw new MillraceError(
        "TRANSFORM_INPUT",
        `${transform} needs masks as large as the image, ${sizeText(first)}, but "${name}" is ${sizeText(pixels)}`,
        { hint: "Leave out what changes the size of one alone, or resize all of them to one size before." },
      );
    }
    made[name] = await change(pixels, name !== key);
  }
  return made;
}

function sizeText({ shape: [height, width] }: Pixels): string {
  return `${width} × ${height}`;
}

function fieldOf(sample: ImageSample, key: string, transform: string): unknown {
  const isRecord = typeof sample === "object" && sample !== null;
  if (isRecord && sample[key] !== undefined) return sample[key];
  throw inputError(isRecord ? undefined : sample, key, transform, sample);
}

function checkedPixels(
  value: unknown,
  key: string,
  transform: string,
  sample: ImageSample,
  takes: Takes,
): Pixels {
  if (isNdArray(value) && value.shape.length === 3) {
    const isTaken = (takes.types as readonly string[]).includes(value.dtype) && !value.shape.includes(0);
    if (isTaken && (takes.channels?.includes(value.shape[2]) ?? true)) return value as Pixels;
  }
  throw inputError(value, key, transform, sample, takes);
}

function inputError(
  value: unknown,
  key: string,
  transform: string,
  sample: unknown,
  { types, channels }: Takes = bytes,
): MillraceError {
  const fields = typeof sample === "object" && sample !== null ? Object.keys(sample).join(", ") : "";
  const depth = channels?.join(" or ") ?? "channels";
  return new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs an image, ${types.join(" or ")} [height, width, ${depth}], under "${key}", was ${received(value)}`,
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
