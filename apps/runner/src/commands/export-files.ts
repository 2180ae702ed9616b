/** The files beside an exported model: what must be done to inputs, and how to begin. */
import {
  type ExportExample,
  type ExportOutput,
  type ExportResult,
  type InputForm,
  type InputSteps,
  type Spec,
} from "@millrace/core/spec";
import type { Composition } from "../compose.js";
import type { RunFacts } from "../run/run-folder.js";
import { version } from "../version.js";
import type { Served } from "./export-server.js";
import { type Taken, weightsText } from "./with-run.js";

/** preprocessing.json. */
export interface Preprocessing extends InputSteps {
  /** One sample as the model takes it; a batch has one axis more, in front. Absent where there are several inputs. */
  readonly input?: InputForm;
  /** The same for each of several inputs. */
  readonly inputs?: readonly InputForm[];
  readonly collate: Spec["loader"]["collate"];
  readonly scaling: string;
  readonly output: ExportOutput;
}

export function preprocessingOf(
  { spec }: Composition,
  { inputs }: RunFacts,
  steps: InputSteps,
  output: ExportOutput,
): Preprocessing {
  return {
    ...(inputs.length === 1 ? { input: inputs[0] } : { inputs }),
    ...steps,
    collate: spec.loader.collate,
    scaling:
      inputs.length === 1 && inputs[0].dtype === "uint8"
        ? "none: whole numbers from 0 to 255 go in as they are; if they are scaled, the model does it"
        : "none: the values go in as the transforms give them",
    output,
  };
}

export interface ReadmeParts {
  readonly taken: Taken;
  readonly result: Omit<ExportResult, "examples">;
  readonly examples: readonly ExportExample[];
  readonly preprocessing: Preprocessing;
  /** The server, if there is one. */
  readonly served?: Served | undefined;
}

export function readmeOf({ taken, result, examples, preprocessing, served }: ReadmeParts): string {
  const { output, transforms, scaling } = preprocessing;
  const { inputs } = taken.facts;
  const meaning =
    output.kind === "numbers"
      ? `the predicted numbers${unitOf(output)}`
      : `${output.gives} of the labels in labels.json${output.kind === "flags" ? ", which do not exclude each other" : ""}`;
  const steps = transforms.map(({ use, with: options }) => `${use} \`${JSON.stringify(options)}\``);
  const files = result.files.map(({ path, about }) => `| \`${path}\` | ${about} |`);
  return `# ${taken.run.name}

A model trained with Millrace ${version}. Weights: ${weightsText(result.weights)}.

| file | what is in it |
| --- | --- |
${files.join("\n")}

${inputs.length === 1 ? "Input" : "Inputs, by name"}: ${inputs.map(formText).join("; ")}. Scaling: ${scaling}.
${steps.length > 0 ? `Before that: ${steps.join(", then ")}.` : "Nothing is done to it before."}
Output: [samples, ${output.shape.map((extent) => extent ?? "any").join(", ")}], ${meaning}.
${examples.map(exampleText).join("")}${served ? serverText(served) : ""}`;
}

function serverText({ commands }: Served): string {
  return `
## As a server

\`\`\`
npm install
npm start -- --port 8080
${commands.join("\n")}
\`\`\`

\`server.mjs\` answers as \`millrace predict\` does: rows of JSON, lines of JSON Lines, a file of the kind that the run was trained
on, or text. \`GET /\` says what it takes. It listens on 127.0.0.1 unless --host says otherwise; --max-bytes, --max-rows, --timeout and
--queue are its limits.
`;
}

function unitOf({ unit }: ExportOutput): string {
  if (unit === undefined) return "";
  if (unit === "own") return ", in the target's own unit";
  return ", as the model was trained on them: what transforms make of the target, which no layer leads back";
}

function formText({ name, dtype, shape }: InputForm): string {
  return `\`${name}\`, ${dtype}, [${["samples", ...shape].join(", ")}]`;
}

function exampleText({ file, language, place, needs, text, parts = [] }: ExportExample): string {
  const first = needs === undefined ? "" : `First \`${needs.replace(/ \(.*$/, "")}\`. `;
  const beside = parts.map((part) => `\`${part.file}\``).join(" and ");
  return `
## In ${place}

${first}This is \`${file}\`${parts.length > 0 ? `, which needs ${beside} beside it` : ""}:

\`\`\`${language}
${text}\`\`\`
`;
}
