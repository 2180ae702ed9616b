/** Short programs that load an exported model and ask it: for Node and for a browser. */
import type { ExportExample, ExportOutput, InputForm } from "@millrace/core";

const version = "4.22.0";
const cdn = `https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@${version}/dist/tf.min.js`;

/** `folder` holds model.json and weights.bin; preprocessing.json and labels.json lie beside it. */
export function examplesFor(input: InputForm, output: ExportOutput, folder: string): ExportExample[] {
  const isImage = input.dtype === "uint8" && input.shape.length === 3 && [1, 3].includes(input.shape[2]);
  const packages = ["@tensorflow/tfjs@4", ...(isImage ? ["sharp"] : [])].join(" ");
  return [
    {
      file: "predict.mjs",
      language: "js",
      place: "Node",
      needs: `npm install ${packages}`,
      text: nodeExample(input, output, folder, isImage),
    },
    {
      file: "predict.html",
      language: "html",
      place: "a browser",
      needs: "npx http-server . (a page opened as a file may not read its neighbours)",
      text: browserExample(input, output, folder, isImage),
    },
  ];
}

function nodeExample(input: InputForm, output: ExportOutput, folder: string, isImage: boolean): string {
  const [height, width, channels] = input.shape;
  const space = channels === 1 ? "b-w" : "srgb";
  const how = isImage ? "photo.png" : `'${JSON.stringify(sampleOf(input))}'`;
  const reading = isImage
    ? `const image = sharp(process.argv[2]).flatten({ background: "#ffffff" }).toColourspace("${space}");
const pixels = await image.resize(${width}, ${height}, { fit: "fill" }).raw().toBuffer();
const input = tf.tensor(Float32Array.from(pixels), [1, ${input.shape.join(", ")}]);`
    : `const input = tf.tensor([JSON.parse(process.argv[2])], undefined, "${tensorType(input)}");`;
  return `// node predict.mjs ${how}
import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs";
${isImage ? 'import sharp from "sharp";\n' : ""}
const read = (path) => readFile(new URL(path, import.meta.url));
const { modelTopology, weightsManifest } = JSON.parse(await read("${folder}/model.json"));
const weightData = new Uint8Array(await read("${folder}/weights.bin")).buffer;
const weightSpecs = weightsManifest[0].weights;
const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));

${reading}
${answering(output, 'JSON.parse(await read("labels.json"))')}
console.log(JSON.stringify(answer));
`;
}

function browserExample(input: InputForm, output: ExportOutput, folder: string, isImage: boolean): string {
  const [height, width, channels] = input.shape;
  const gray = channels === 1 ? "tf.image.rgbToGrayscale(colours)" : "colours";
  const field = isImage
    ? `<input id="input" type="file" accept="image/*">`
    : `<input id="input" size="60" value='${JSON.stringify(sampleOf(input))}'>`;
  const reading = isImage
    ? `const bitmap = await createImageBitmap(event.target.files[0]);
  const colours = tf.browser.fromPixels(bitmap).toFloat();
  const input = tf.image.resizeBilinear(${gray}, [${height}, ${width}]).expandDims(0);`
    : `const input = tf.tensor([JSON.parse(event.target.value)], undefined, "${tensorType(input)}");`;
  return `<!doctype html>
<meta charset="utf-8">
<title>Ask the model</title>
<script src="${cdn}"></script>
${field} <output id="answer"></output>
<script type="module">
const model = await tf.loadLayersModel("${folder}/model.json");
const labels = await (await fetch("labels.json")).json();
document.getElementById("input").addEventListener("change", async (event) => {
  ${reading}
  ${answering(output, "labels").replaceAll("\n", "\n  ")}
  document.getElementById("answer").textContent = JSON.stringify(answer);
});
</script>
`;
}

/** From `input` and `model` to `answer`; `labels` is an expression for the list of names, which may be null. */
function answering({ kind, gives, shape }: ExportOutput, labels: string): string {
  const asked = "model.predict(input)";
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

/** A sample of the right form, of zeros. */
function sampleOf({ shape }: InputForm): unknown {
  const [extent, ...rest] = shape;
  if (extent === undefined) return 0;
  return Array.from({ length: extent }, () => sampleOf({ name: "", dtype: "float32", shape: rest }));
}
