/** NPZ files, as `numpy.savez` writes them: an array a field, a row a sample. */
import { type Dataset, defineSource, pathOption } from "@millrace/core";
import { z } from "zod";
import { type ArraySample, arrayDataset } from "../arrays/dataset.js";
import { openNpz } from "../arrays/files.js";
import { arrayInputs } from "../arrays/inputs.js";
import { type ArraysOpening, namesOf, openArrays, wantedIn } from "../arrays/opening.js";
import { fieldsOption, labelsOption, maxHeldOption } from "../arrays/options.js";
import { inputPath } from "../files/open.js";

const options = z.strictObject({
  path: pathOption(
    "NPZ file, relative to the spec; arrays that numpy.savez has stored are read row by row where they lie, those of savez_compressed are held",
  ),
  fields: fieldsOption("the array, as the file calls it")
    .optional()
    .describe(
      'the array of each field: { "image": "x_train", "label": "y_train" }, or { "from": "y_train", "type": "float32" } for another element type; all of them, by their own names, if left out',
    ),
  labels: labelsOption,
  maxHeldBytes: maxHeldOption,
});

export default defineSource({
  name: "npz",
  summary: "rows of the arrays in an NPZ file",
  options,
  async create(
    { path, fields, labels, maxHeldBytes },
    { baseUrl, facts, shared },
  ): Promise<Dataset<ArraySample>> {
    const wanted = wantedIn({ name: path, path: inputPath(path, baseUrl) }, fields);
    const opening =
      (shared as ArraysOpening | undefined) ??
      (await openArrays(wanted, openNpz, maxHeldBytes, facts?.labels ?? labels));
    return arrayDataset(opening, path);
  },
  inputs: ({ fields, maxHeldBytes }, { facts }) =>
    arrayInputs({ ending: ".npz", open: openNpz, maxHeldBytes, names: namesOf(fields) }, facts),
});
