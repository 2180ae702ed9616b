/** Which of the fields that a trainer names each input of a model is. */
import { didYouMean, MillraceError } from "@millrace/core";
import type { InputForm } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";

const optionPath = ["trainer", "with", "input"];

/**
 * For each input of the model, in its order, the place of its field in `inputs`: by name where there are several.
 * Raises MODEL_INVALID where the two are not the same.
 */
export function inputOrder(model: LayersModel, inputs: readonly InputForm[]): readonly number[] {
  const taken = model.inputs.map(({ sourceLayer }) => sourceLayer.name);
  const names = inputs.map(({ name }) => name);
  if (taken.length === 1 && names.length === 1) return [0];
  checkInputNames(taken, names);
  return taken.map((name) => names.indexOf(name));
}

/** Raises MODEL_INVALID unless the fields that are `given`, none where one is not named, are those that the model takes. */
export function checkInputNames(taken: readonly string[], given: readonly string[]): void {
  if (taken.length === 1 && given.length > 1) {
    throw new MillraceError("MODEL_INVALID", `the model takes one input, was given ${listed(given)}`, {
      hint: "Name one of them in the trainer's option `input`, or take a model of several inputs.",
      path: optionPath,
    });
  }
  const stray = given.findIndex((name) => !taken.includes(name));
  if (stray >= 0 && given.length > 1) {
    const name = given[stray];
    throw new MillraceError(
      "MODEL_INVALID",
      `every input must be one that the model takes, ${listed(taken)}, was "${name}"${didYouMean(name, taken)}`,
      {
        hint: "Inputs of a model are known by name: rename the field, or the model's input.",
        path: [...optionPath, stray],
      },
    );
  }
  if (taken.every((name) => given.includes(name))) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `the model takes the inputs ${listed(taken)}, was given ${listed(given) || "one"}`,
    {
      hint: `Name them in the trainer's option: "input": ${JSON.stringify(taken)}.`,
      path: optionPath,
    },
  );
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length < 2
    ? quoted.join("")
    : `${quoted.slice(0, -1).join(", ")} and ${quoted[quoted.length - 1]}`;
}
