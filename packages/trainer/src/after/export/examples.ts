/** Short programs that load an exported model and ask it: for Node and for a browser. */
import type { ExportExample, ExportOutput, InputForm, InputSteps } from "@millrace/core/spec";
import { isPicture, pictureParts } from "./pictures.js";

const version = "4.22.0";
const cdn = `https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@${version}/dist/tf.min.js`;

/** `folder` holds model.json and weights.bin; preprocessing.json and labels.json lie beside it. */
export async function examplesFor(
  inputs: readonly InputForm[],
  output: ExportOutput,
  folder: string,
  steps: InputSteps,
): Promise<ExportExample[]> {
  const isImage = isPicture(inputs[0], steps);
  const packages = ["@tensorflow/tfjs@4", ...(isImage ? ["sharp"] : [])].join(" ");
  return [
    {
      file: "predict.mjs",
      language: "js",
      place: "Node",
      needs: `npm install ${packages}`,
      text: nodeExample(inputs, output, folder, isImage),
      ...(isImage && { parts: await pictureParts("node") }),
    },
    {
      file: "predict.html",
      language: "html",
      place: "a browser",
      needs: "npx http-server . (a page opened as a file may not read its neighbours)",
      text: browserExample(inputs, output, folder, isImage),
      ...(isImage && { parts: await pictureParts("browser") }),
    },
  ];
}

/** From `pixels` to `input`. */
const pictureTensor = `const shape = [1, pixels.height, pixels.width, pixels.channels];
const input = tf.tensor(Float32Array.from(pixels.data), shape);`;

/** From the text that the expression `given` gives to `input`. */
function reading(inputs: readonly InputForm[], given: string): string {
  if (inputs.length === 1) {
    return `const input = tf.tensor([JSON.parse(${given})], undefined, "${tensorType(inputs[0])}");`;
  }
  const types = Object.fromEntries(inputs.map((input) => [input.name, tensorType(input)]));
  return `const given = JSON.parse(${given});
const types = ${JSON.stringify(types)};
const input = model.inputNames.map((name) => tf.tensor([given[name]], undefined, types[name]));`;
}

function nodeExample(
  inputs: readonly InputForm[],
  output: ExportOutput,
  folder: string,
  isImage: boolean,
): string {
  const how = isImage ? "photo.png" : `'${JSON.stringify(sampleOf(inputs))}'`;
  const asking = isImage
    ? `const pixels = await readPicture(process.argv[2], JSON.parse(await read("preprocessing.json")));
${pictureTensor}`
    : reading(inputs, "process.argv[2]");
  return `// node predict.mjs ${how}
import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs";
${isImage ? 'import { readPicture } from "./read-picture.mjs";\n' : ""}
const read = (path) => readFile(new URL(path, import.meta.url));
const { modelTopology, weightsManifest } = JSON.parse(await read("${folder}/model.json"));
const weightData = new Uint8Array(await read("${folder}/weights.bin")).buffer;
const weightSpecs = weightsManifest[0].weights;
const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));

${asking}
${answering(inputs, output, 'JSON.parse(await read("labels.json"))')}
console.log(JSON.stringify(answer));
`;
}

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
img { max-width: 100%; max-height: 20rem; display: block; margin: 1rem 0 }
output { white-space: pre-wrap; font-family: ui-monospace, monospace }`;

function browserExample(
  inputs: readonly InputForm[],
  output: ExportOutput,
  folder: string,
  isImage: boolean,
): string {
  const field = isImage
    ? `<input id="input" type="file" accept="image/*" disabled>
<img id="picture" alt="" hidden>`
    : `<input id="input" size="60" disabled value='${JSON.stringify(sampleOf(inputs))}'>`;
  const asking = isImage
    ? `const [file] = event.target.files;
  const picture = document.getElementById("picture");
  picture.src = URL.createObjectURL(file);
  picture.hidden = false;
  const pixels = await readPicture(file, preprocessing);
  ${pictureTensor.replaceAll("\n", "\n  ")}`
    : reading(inputs, "event.target.value").replaceAll("\n", "\n  ");
  const importing = isImage ? 'import { readPicture } from "./read-picture-in-browser.mjs";\n' : "";
  const loading = isImage ? 'const preprocessing = await (await fetch("preprocessing.json")).json();\n' : "";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ask the model</title>
<style>
${style}
</style>
<script src="${cdn}"></script>
<h1>Ask the model</h1>
${field}
<output id="answer"></output>
<script type="module">
${importing}const told = document.getElementById("answer");
const model = await tf.loadLayersModel("${folder}/model.json");
const labels = await (await fetch("labels.json")).json();
${loading}const ask = async (event) => {
  ${asking}
  ${answering(inputs, output, "labels").replaceAll("\n", "\n  ")}
  told.textContent = JSON.stringify(answer, null, 2);
};
const field = document.getElementById("input");
field.disabled = false;
field.addEventListener("change", (event) => {
  told.textContent = "";
  ask(event).catch((error) => (told.textContent = String(error)));
});
</script>
`;
}

/** From `input` and `model` to `answer`; `labels` is an expression for the list of names, which may be null. */
function answering(
  inputs: readonly InputForm[],
  { kind, gives, shape }: ExportOutput,
  labels: string,
): string {
  // `predict` takes one number for each sample for a matrix of one column.
  const asked = inputs.some((input) => input.shape.length === 0)
    ? "model.apply(input)"
    : "model.predict(input)";
  if (kind === "numbers" || shape.length > 1) return `const answer = Array.from(await ${asked}.data());`;
  const isSingle = shape[0] === 1;
  const finish = kind === "flags" || isSingle ? "tf.sigmoid" : "tf.softmax";
  const given = gives === "logits" ? `${finish}(${asked})` : asked;
  const both = isSingle ? "const [yes] = await output.data();\nconst values = [1 - yes, yes];" : undefined;
  return `const output = ${given};
${both ?? "const values = Array.from(await output.data());"}
const names = ${labels} ?? values.map((_, i) => String(i));
const answer = Object.fromEntries(names.map((name, i) => [name, values[i]]));`;
}

function tensorType({ dtype }: InputForm): "int32" | "float32" {
  return dtype.startsWith("float") || dtype === "uint8" || dtype === "bool" ? "float32" : "int32";
}

/** A sample of the right form, of zeros: that of one input, or of several by name. */
function sampleOf(inputs: readonly InputForm[]): unknown {
  if (inputs.length === 1) return zeros(inputs[0].shape);
  return Object.fromEntries(inputs.map(({ name, shape }) => [name, zeros(shape)]));
}

function zeros([extent, ...rest]: readonly number[]): unknown {
  return extent === undefined ? 0 : Array.from({ length: extent }, () => zeros(rest));
}
