/** What is known of a dataset without reading it: enough to tell that a state belongs to other data. */
import { createHash } from "node:crypto";
import type { Dataset } from "../../contracts/dataset.js";
import { isTypedArray } from "../../contracts/ndarray.js";
import { placeOf } from "../../data/samplers/digest.js";
import type { Fingerprint } from "./state.js";

/** Samples that are looked at, and how much of each. */
const most = { samples: 16, elements: 16, depth: 3, characters: 200 };

/**
 * Length, first and last key; and the digest of a few keys spread over the dataset, of a few samples where they are in
 * memory, and of what the dataset itself says of its content where it says that at once.
 */
export function describeDataset(dataset: Dataset): Pick<Fingerprint, "dataset" | "samples"> {
  const { length } = dataset;
  const keys = length > 0 && dataset.key ? [dataset.key(0), dataset.key(length - 1)] : [];
  const seen = lookAt(dataset);
  return {
    dataset: [`${length} samples`, ...keys].join(", "),
    ...(seen.length > 0 && {
      samples: createHash("sha256").update(seen.join("\n")).digest("hex").slice(0, 16),
    }),
  };
}

function lookAt(dataset: Dataset): string[] {
  const { length } = dataset;
  const seen: string[] = [];
  const own = ownFingerprint(dataset);
  if (own !== undefined) seen.push(own);
  const count = Math.min(length, most.samples);
  for (let i = 0; i < count; i++) {
    const index = length === count ? i : placeOf(i, count, length);
    if (dataset.key !== undefined) seen.push(dataset.key(index));
    if (dataset.resident === true)
      seen.push(brief(dataset.get(index, { epoch: 0, fixed: true }), most.depth));
  }
  return seen;
}

/** Asked once: what takes time to say is not waited for. */
const fingerprints = new WeakMap<Dataset, string | undefined>();

function ownFingerprint(dataset: Dataset): string | undefined {
  if (fingerprints.has(dataset)) return fingerprints.get(dataset);
  const said = dataset.fingerprint?.();
  if (said instanceof Promise) said.catch(() => undefined);
  const text = typeof said === "string" ? said : undefined;
  // What is said at once may change as well: it is asked again.
  if (text === undefined) fingerprints.set(dataset, undefined);
  return text;
}

/** A value as a short text; the same for equal values. */
function brief(value: unknown, depth: number): string {
  if (isTypedArray(value)) {
    return `${value.constructor.name} ${value.length} ${value.subarray(0, most.elements).join()}`;
  }
  if (typeof value !== "object" || value === null) {
    const text = typeof value === "string" ? value.slice(0, most.characters) : String(value);
    return `${typeof value} ${typeof value === "function" ? "" : text}`;
  }
  if (depth === 0) return "…";
  const entries = Object.entries(value).slice(0, most.elements);
  const shown = entries.map(([key, item]) => `${key}: ${brief(item, depth - 1)}`);
  return `${value.constructor?.name ?? "Object"} {${shown.join("; ")}}`;
}
