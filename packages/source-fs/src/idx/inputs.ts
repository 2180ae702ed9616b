/** What a model trained on an IDX file can be asked about: pictures where it saw bytes, IDX files, lists of numbers. */
import { resolve } from "node:path";
import {
  arrayConstructors,
  type DatasetFacts,
  type ImageOptions,
  imageOptions,
  type LooseSample,
  MillraceError,
  type NdArray,
  sizeOf,
  type SourceInputs,
} from "@millrace/core";
import { imageExtensions, imageInputs } from "../images/image-inputs.js";
import { imageReader, shareImages } from "../images/image-reader.js";
import { readIdx } from "./file.js";
import { type ImageForm, formOf, keyOf, sliceOf } from "./slices.js";

const idxEndings = [".idx"];
/** By channels of an image of bytes. */
const modes: Readonly<Record<number, "grayscale" | "rgb" | "rgba">> = { 1: "grayscale", 3: "rgb", 4: "rgba" };

/** Follows what the run knew of its images; a run that did not say saw gray pictures of bytes. */
export function idxInputs({ fields }: DatasetFacts): SourceInputs {
  const trained = fields?.image as ImageForm | undefined;
  const mode = trained === undefined ? "grayscale" : modeOf(trained);
  const pictures = mode && picturesAs(mode);
  return {
    endings: [...imageExtensions, ...idxEndings],
    about: { ...pictures?.about, ...(trained && { image: trained }) },
    read(path) {
      if (path.toLowerCase().endsWith(".idx")) return slicesOf(path, trained);
      if (pictures === undefined) throw noPicture(trained);
      return pictures.read(path);
    },
    fromValues({ image }, folder) {
      if (Array.isArray(image) && trained !== undefined) return { image: fromLists(image, trained) };
      if (typeof image !== "string") {
        throw new MillraceError(
          "INPUT_INVALID",
          `"image" must be a path or lists of numbers, was ${said(image)}`,
        );
      }
      if (pictures === undefined) throw noPicture(trained);
      return pictures.fromValues?.({ image: resolve(folder, image) }, folder);
    },
  };
}

function picturesAs(mode: ImageOptions["mode"]): SourceInputs {
  const options = imageOptions.parse({ mode, decoder: "sharp" });
  return imageInputs(imageReader(options, shareImages(options)), imageExtensions);
}

/** How a picture file has to be read to become such an image; undefined where it cannot. */
function modeOf({ type, shape }: ImageForm): "grayscale" | "rgb" | "rgba" | undefined {
  return type === "uint8" && shape.length === 3 ? modes[shape[2]] : undefined;
}

async function* slicesOf(path: string, trained: ImageForm | undefined): AsyncGenerator<LooseSample> {
  const images = await readIdx(path, "the input");
  const found = formOf(images);
  if (trained !== undefined && textOf(found) !== textOf(trained)) {
    throw new MillraceError(
      "INPUT_INVALID",
      `an IDX file must hold images of ${textOf(trained)}, as the model was trained on, holds ${textOf(found)}`,
      { where: [path] },
    );
  }
  for (let index = 0; index < images.shape[0]; index++) {
    yield { name: keyOf(path, index), sample: { image: sliceOf(images, found, index) } };
  }
}

function fromLists(lists: readonly unknown[], { type, shape }: ImageForm): NdArray {
  const flat = (lists as readonly never[]).flat(Number.POSITIVE_INFINITY) as unknown[];
  const wrong = flat.find((value) => typeof value !== "number" || !Number.isFinite(value));
  if (wrong !== undefined)
    throw new MillraceError("INPUT_INVALID", `"image" must hold numbers, held ${said(wrong)}`);
  if (flat.length !== sizeOf(shape)) {
    const rule = `"image" must hold the ${sizeOf(shape)} numbers of ${textOf({ type, shape })}, had ${flat.length}`;
    throw new MillraceError("INPUT_INVALID", rule);
  }
  return { dtype: type, shape, data: arrayConstructors[type].from(flat as number[]) };
}

function noPicture(trained: ImageForm | undefined): MillraceError {
  return new MillraceError(
    "INPUT_INVALID",
    `a picture file holds bytes, 0 to 255, of 1, 3 or 4 channels, but the model was trained on ${trained && textOf(trained)}`,
    {
      hint: "Give an IDX file (.idx) of that type, or JSON Lines with the numbers as lists under `image`.",
    },
  );
}

function textOf({ type, shape }: ImageForm): string {
  return `${type} [${shape.join(", ")}]`;
}

function said(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
}
