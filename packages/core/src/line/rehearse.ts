/** A line tried without training: its first batches, and what the trainer says of them. */
import type { Batch } from "../contracts/batch.js";
import { knownLength } from "../contracts/lengths.js";
import type { CheckResult } from "../contracts/training.js";
import { MillraceError } from "../errors.js";
import type { DataLoader } from "../loader/loader.js";
import type { Line } from "./line.js";
import { sampleFault } from "./sample-fault.js";

/**
 * Makes the first batch of training and of validation, and asks the trainer whether it could train on them, in the words
 * in which `fit` would refuse. `see` is shown the training batch, which is given back afterwards. Nothing is returned
 * where the trainer cannot be asked.
 *
 * @throws MillraceError whose faults have their paths in the spec; those of samples are about `source`, or the transform.
 */
export async function rehearse(
  line: Line,
  see: (batch: Batch) => void = () => {},
): Promise<CheckResult | undefined> {
  const { spec, loaders, trainer, model, facts, inverses } = line;
  const batch = await firstOf(line, loaders.train);
  if (batch === undefined) {
    throw new MillraceError("SPLIT_INVALID", "the training split must yield at least one batch, was empty", {
      hint: "Give it more samples, a smaller batchSize, or dropLast false.",
      path: ["loader"],
    });
  }
  let validation: Batch | undefined;
  try {
    see(batch);
    if (trainer.check === undefined) return undefined;
    validation = loaders.validation && (await firstOf(line, loaders.validation));
    const steps = knownLength(loaders.train);
    return await trainer.check({ model, facts, inverses, seed: spec.seed, batch, validation, steps });
  } finally {
    batch.release();
    validation?.release();
  }
}

async function firstOf({ spec }: Line, loader: DataLoader): Promise<Batch | undefined> {
  try {
    for await (const batch of loader.batches(0)) return batch;
    return undefined;
  } catch (error) {
    throw sampleFault(error, spec);
  }
}
