/** Samples as the collate functions for sequences take them: objects whose fields hold sequences. */
import { MillraceError } from "@millrace/core";
import { isPlainObject, kindOf, type Steps, toSteps } from "@millrace/core/dataloader";

export type Fields = Readonly<Record<string, unknown>>;

/** The side of a sequence. */
export type Side = "left" | "right";

/** Which of a sequence's steps are kept. */
export interface Truncation {
  readonly maxLength?: number | undefined;
  /** The side that loses steps. */
  readonly truncationSide: Side;
}

/** @throws MillraceError COLLATE_EMPTY, or COLLATE_TYPE for a sample that has no fields. */
export function requireObjects(name: string, samples: readonly unknown[]): Fields[] {
  if (samples.length === 0) {
    throw new MillraceError("COLLATE_EMPTY", "a batch needs at least one sample, was given none");
  }
  return samples.map((sample, entry) => {
    if (isPlainObject(sample)) return sample;
    throw new MillraceError(
      "COLLATE_TYPE",
      `${name} needs samples that are objects with named fields, but entry ${entry} is ${kindOf(sample)}`,
      { entry, hint: "Return `{ tokens, label }` from the source or a transform." },
    );
  });
}

/**
 * The sequences of one field, cut to `maxLength`; `option` is the one that names the field.
 * @throws MillraceError COLLATE_MISMATCH where a sample has no such field, COLLATE_TYPE where it is no sequence.
 */
export function sequencesOf(
  samples: readonly Fields[],
  field: string,
  option: string,
  truncation: Truncation = { truncationSide: "right" },
): Steps[] {
  return samples.map((sample, entry) => {
    if (!(field in sample)) {
      throw new MillraceError(
        "COLLATE_MISMATCH",
        `every sample must have the field "${field}", but entry ${entry} has ${Object.keys(sample).join(", ") || "no fields"}`,
        { entry, hint: `Name the fields that hold sequences in \`${option}\`.` },
      );
    }
    return cut(toSteps(sample[field], `"${field}" of entry ${entry}`, entry), truncation);
  });
}

function cut(steps: Steps, { maxLength = Infinity, truncationSide }: Truncation): Steps {
  if (steps.length <= maxLength) return steps;
  const step = steps.trailing.reduce((product, extent) => product * extent, 1);
  const from = truncationSide === "left" ? steps.length - maxLength : 0;
  return { ...steps, length: maxLength, data: steps.data.slice(from * step, (from + maxLength) * step) };
}

/** The samples without the fields that are not the default collate function's. */
export function without(samples: readonly Fields[], fields: ReadonlySet<string>): Fields[] {
  return samples.map((sample) => {
    const others: Record<string, unknown> = {};
    for (const key of Object.keys(sample)) if (!fields.has(key)) others[key] = sample[key];
    return others;
  });
}

/**
 * The name of an array of the collate function's own, where no sample has it. `what` needs the name, `remedy` ends a sentence
 * of what to do.
 * @throws MillraceError COLLATE_MISMATCH
 */
export function ownName(batch: Fields, name: string, what: string, remedy: string): string {
  if (!(name in batch)) return name;
  throw new MillraceError("COLLATE_MISMATCH", `${what} the name "${name}", but samples have such a field`, {
    hint: `Give that field another name with \`rename\`, leave it out with \`select\`, or ${remedy}.`,
  });
}
