/** The files beside an exported model: what must be done to inputs, and how to begin. */
import type { ExportExample, ExportOutput, ExportResult, Spec } from "@millrace/core";
import type { Composition } from "../compose.js";
import type { RunFacts } from "../run/run-folder.js";
import { version } from "../version.js";
import { type Taken, weightsText } from "./with-run.js";

/** preprocessing.json. */
export interface Preprocessing {
  /** One sample as the model takes it; a batch has one axis more, in front. */
  readonly input: RunFacts["input"];
  /** What the run's source does before any transform, where it says so. */
  readonly source: { readonly use: string; readonly about?: Readonly<Record<string, unknown>> };
  /** In order; those for training only are left out. */
  readonly transforms: readonly { readonly use: string; readonly with: unknown }[];
  readonly collate: Spec["loader"]["collate"];
  readonly scaling: string;
  readonly output: ExportOutput;
}

export function preprocessingOf(
  { spec, options: { registry } }: Composition,
  { input }: RunFacts,
  output: ExportOutput,
  about: Readonly<Record<string, unknown>> | undefined,
): Preprocessing {
  const { source, transforms, loader } = spec;
  return {
    input,
    source: { use: source.use, ...(about && { about }) },
    transforms: transforms
      .filter(({ only }) => only === undefined || only === "validation")
      .filter(({ use }) => registry.get("transform", use).caches !== true)
      .map(({ use, with: options }) => ({ use, with: options })),
    collate: loader.collate,
    scaling:
      input.dtype === "uint8"
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
}

export function readmeOf({ taken, result, examples, preprocessing }: ReadmeParts): string {
  const { input, output, transforms, scaling } = preprocessing;
  const meaning =
    output.kind === "numbers"
      ? "the predicted numbers"
      : `${output.gives} of the labels in labels.json${output.kind === "flags" ? ", which do not exclude each other" : ""}`;
  const steps = transforms.map(({ use, with: options }) => `${use} \`${JSON.stringify(options)}\``);
  const files = result.files.map(({ path, about }) => `| \`${path}\` | ${about} |`);
  return `# ${taken.run.name}

A model trained with Millrace ${version}. Weights: ${weightsText(result.weights)}.

| file | what is in it |
| --- | --- |
${files.join("\n")}

Input: \`${input.name}\`, ${input.dtype}, [samples, ${input.shape.join(", ")}]. Scaling: ${scaling}.
${steps.length > 0 ? `Before that: ${steps.join(", then ")}.` : "Nothing is done to it before."}
Output: [samples, ${output.shape.map((extent) => extent ?? "any").join(", ")}], ${meaning}.
${examples.map(exampleText).join("")}`;
}

function exampleText({ file, language, place, needs, text }: ExportExample): string {
  const first = needs === undefined ? "" : `First \`${needs.replace(/ \(.*$/, "")}\`. `;
  return `
## In ${place}

${first}This is \`${file}\`:

\`\`\`${language}
${text}\`\`\`
`;
}
