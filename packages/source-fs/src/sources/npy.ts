/** NPY files, as `numpy.save` writes them: a file a field, a row a sample. */
import { type Dataset, defineSource, pathOption } from "@millrace/core";
import { z } from "zod";
import { type ArraySample, arrayDataset } from "../arrays/dataset.js";
import { openNpy } from "../arrays/files.js";
import { arrayInputs } from "../arrays/inputs.js";
import { type ArraysOpening, asked, openArrays } from "../arrays/opening.js";
import { type FieldsOption, fieldsOption, labelsOption, maxHeldOption } from "../arrays/options.js";
import { inputPath } from "../files/open.js";

const options = z.strictObject({
  fields: fieldsOption("the file, relative to the spec", pathOption).describe(
    'the file of each field, relative to the spec: { "image": "x.npy", "label": "y.npy" }, or { "from": "y.npy", "type": "float32" } for another element type; rows lie along the first axis, and are read when they are asked for',
  ),
  labels: labelsOption,
  maxHeldBytes: maxHeldOption,
});

export default defineSource({
  name: "npy",
  summary: "rows of arrays in NPY files, one for each field",
  options,
  async create({ fields, labels, maxHeldBytes }, { baseUrl, facts, shared }): Promise<Dataset<ArraySample>> {
    const wanted = Object.entries(fields).map(([field, of]) => {
      const { from: name, type } = asked(of);
      return { field, file: { name, path: inputPath(name, baseUrl) }, from: "", type };
    });
    const opening =
      (shared as ArraysOpening | undefined) ??
      (await openArrays(wanted, openNpy, maxHeldBytes, facts?.labels ?? labels, { option: "fields" }));
    return arrayDataset(opening, wanted[0].file.name);
  },
  inputs: ({ fields, maxHeldBytes }, { facts }) =>
    arrayInputs({ ending: ".npy", open: openNpy, maxHeldBytes, names: alone(fields) }, facts),
});

/** A file of one field can be told from its name alone. */
function alone(fields: FieldsOption): Readonly<Record<string, string>> {
  const names = Object.keys(fields).filter((field) => field !== "label");
  return names.length === 1 ? { [names[0]]: "" } : {};
}
