/** What the loader would refuse of a spec's options, found when the spec is checked. */
import { MillraceError } from "../errors.js";
import { checkOptions } from "../loader/options.js";
import type { SpecText } from "../spec/read.js";
import type { Spec } from "../spec/schema.js";

/** Faults as `specInvalid` takes them. The rules are the loader's own; each begins with the option that it is about. */
export function loaderFaults({ loader }: Spec, text: SpecText): string[] {
  const { sampler, batchSampler, collate: _, ...plain } = loader;
  try {
    const quarantine = plain.onError === "quarantine" && { quarantine: "quarantine.jsonl" };
    checkOptions({
      ...plain,
      ...quarantine,
      ...(sampler && { sampler: [] }),
      ...(batchSampler && { batchSampler: [] }),
    });
    return [];
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const [first] = /^\w+/.exec(error.message) ?? [];
    const path = first !== undefined && first in loader ? ["loader", first] : ["loader"];
    return [
      `${text.locate(path)} ${path.join(".")}: ${[error.message, error.hint].filter(Boolean).join(". ")}`,
    ];
  }
}
