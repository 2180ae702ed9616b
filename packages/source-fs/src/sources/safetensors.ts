/** safetensors files: a tensor a field, a row a sample. */
import { type Dataset, defineSource, pathOption } from "@millrace/core";
import { z } from "zod";
import { type ArraySample, arrayDataset } from "../arrays/dataset.js";
import { openSafetensors } from "../arrays/files.js";
import { arrayInputs } from "../arrays/inputs.js";
import { type ArraysOpening, namesOf, openArrays, wantedIn } from "../arrays/opening.js";
import { fieldsOption, labelsOption } from "../arrays/options.js";
import { inputPath } from "../files/open.js";

const options = z.strictObject({
  path: pathOption(
    "safetensors file, relative to the spec; rows lie along the first axis of each tensor, and are read when they are asked for",
  ),
  fields: fieldsOption("the tensor, as the file calls it")
    .optional()
    .describe(
      'the tensor of each field: { "image": "x_train", "label": "y_train" }, or { "from": "y_train", "type": "float32" } for another element type; all of them, by their own names, if left out',
    ),
  labels: labelsOption,
});

export default defineSource({
  name: "safetensors",
  summary: "rows of the tensors in a safetensors file",
  options,
  async create({ path, fields, labels }, { baseUrl, facts, shared }): Promise<Dataset<ArraySample>> {
    const wanted = wantedIn({ name: path, path: inputPath(path, baseUrl) }, fields);
    const opening =
      (shared as ArraysOpening | undefined) ??
      (await openArrays(wanted, openSafetensors, 0, facts?.labels ?? labels));
    return arrayDataset(opening, path);
  },
  inputs: ({ fields }, { facts }) =>
    arrayInputs(
      { ending: ".safetensors", open: openSafetensors, maxHeldBytes: 0, names: namesOf(fields) },
      facts,
    ),
});
