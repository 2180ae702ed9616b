/** What exported programs do to pictures: JavaScript files that go beside the model as they are. */
import { readFile } from "node:fs/promises";
import type { ExportExample, InputForm, InputSteps } from "@millrace/core/spec";

type Part = NonNullable<ExportExample["parts"]>[number];

/** Plain JavaScript, the same in `src` and `dist`. */
const folder = new URL("../../../programs/", import.meta.url);

const parts = {
  pixels: ["pixels.mjs", "what is done to pixels: resizing, alpha, grayscale"],
  node: ["read-picture.mjs", "a picture file as the model takes it, in Node"],
  browser: ["read-picture-in-browser.mjs", "the same in a browser"],
} as const;

/** The files that a program for pictures imports. */
export function pictureParts(place: "node" | "browser"): Promise<Part[]> {
  const files = [parts.pixels, parts[place]];
  return Promise.all(
    files.map(async ([file, about]) => ({
      file,
      about,
      text: await readFile(new URL(file, folder), "utf8"),
    })),
  );
}

export function isPicture({ dtype, shape }: InputForm, { transforms }: InputSteps): boolean {
  const type = transforms.some(({ use }) => use === "normalize") ? "float32" : "uint8";
  return dtype === type && shape.length === 3 && [1, 3, 4].includes(shape[2]);
}

/** The transforms that programs can do to a picture. */
const known = ["resize", "grayscale", "center-crop", "normalize"];

/** Why no program can do to inputs what the run does, if none can. */
export function programRefusal(inputs: readonly InputForm[], steps: InputSteps): string | undefined {
  const { source, transforms } = steps;
  const [input] = inputs;
  if (inputs.length > 1 && inputs.some((each) => isPicture(each, steps))) {
    return "a picture beside other inputs cannot be asked about by a program; preprocessing.json says what each input is";
  }
  if (!isPicture(input, steps)) {
    if (transforms.length === 0) return undefined;
    return `${namesOf(transforms)} cannot be written as a program; preprocessing.json says what must be done to an input`;
  }
  const { about } = source;
  if (about?.mode === undefined || about.background === undefined) {
    return `how the source "${source.use}" reads picture files cannot be written as a program`;
  }
  const strange = transforms.filter((step) => !isKnown(step, input.name));
  if (strange.length === 0) return undefined;
  const which = `${known.slice(0, -1).join(", ")} and ${known.at(-1)}`;
  return `${namesOf(strange)} cannot be written as a program; the transforms that can are ${which}, by stated numbers and without masks`;
}

function isKnown({ use, with: options, fitted }: InputSteps["transforms"][number], name: string): boolean {
  const { key, masks } = options as { readonly key?: unknown; readonly masks?: unknown };
  return known.includes(use) && key === name && masks === undefined && fitted === undefined;
}

function namesOf(steps: InputSteps["transforms"]): string {
  const names = steps.map(({ use }) => `"${use}"`).join(", ");
  return `the ${steps.length === 1 ? "transform" : "transforms"} ${names}`;
}
