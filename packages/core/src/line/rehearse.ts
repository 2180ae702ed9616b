/** A line tried without training: its first batches, and what the trainer says of them. */
import type { Batch } from "../contracts/batch.js";
import { knownLength } from "../contracts/lengths.js";
import type { CheckResult } from "../contracts/checking.js";
import { MillraceError } from "../errors.js";
import type { DataLoader } from "../loader/loader.js";
import type { Line } from "./line.js";
import { sampleFault } from "./sample-fault.js";

/**
 * Makes the first batch of training and of validation, and asks the trainer whether it could train on them, in the words
 * in which `fit` would refuse. `see` is shown the training batch, which is given back afterwards. Nothing is returned
 * where the trainer cannot be asked.
 *
 * Where a batch cannot be made, the trainer is asked about a sample alone, so that what is wrong with the model is found
 * together with what is wrong with the data.
 *
 * @throws MillraceError whose faults have their paths in the spec; those of samples are about `source`, or the transform.
 */
export async function rehearse(
  line: Line,
  see: (batch: Batch) => void = () => {},
): Promise<CheckResult | undefined> {
  const { spec, loaders, trainer, model, facts, inverses } = line;
  const faults: MillraceError[] = [];
  const train = await tried(line, loaders.train, faults);
  if (train === undefined && faults.length === 0) throw empty();
  const validation = loaders.validation && (await tried(line, loaders.validation, faults));
  const batch = train ?? (await oneSample(loaders.train));
  try {
    if (train !== undefined) see(train);
    if (trainer.check === undefined || batch === undefined) return raise(faults);
    const steps = knownLength(loaders.train);
    const given = { model, facts, inverses, seed: spec.seed, batch, steps };
    const result = await trainer.check({ ...given, ...(validation && { validation }) });
    return raise(faults) ?? result;
  } catch (error) {
    if (!(error instanceof MillraceError) || faults.length === 0 || faults.includes(error)) throw error;
    throw MillraceError.several([...faults, error], "this cannot be trained:");
  } finally {
    batch?.release();
    validation?.release();
  }
}

function raise(faults: readonly MillraceError[]): undefined {
  if (faults.length > 0) throw MillraceError.several(faults, "this cannot be trained:");
}

function empty(): MillraceError {
  return new MillraceError("SPLIT_INVALID", "the training split must yield at least one batch, was empty", {
    hint: "Give it more samples, a smaller batchSize, or dropLast false.",
    path: ["loader"],
  });
}

/** The first batch; undefined where there is none, or where its fault is among `faults` now. */
async function tried(
  { spec }: Line,
  loader: DataLoader,
  faults: MillraceError[],
): Promise<Batch | undefined> {
  try {
    for await (const batch of loader.batches(0)) return batch;
  } catch (error) {
    const fault = sampleFault(error, spec);
    if (!(fault instanceof MillraceError)) throw fault;
    if (!faults.some((known) => isSame(known, fault))) faults.push(fault);
  }
  return undefined;
}

/** True where two faults say the same of the same place. */
export function isSame(a: MillraceError, b: MillraceError): boolean {
  return a.message === b.message && String(a.path) === String(b.path);
}

/** Samples that are tried one by one where a batch of several cannot be made. */
const mostTried = 8;

async function oneSample(loader: DataLoader): Promise<Batch | undefined> {
  for (let index = 0; index < mostTried; index++) {
    try {
      return await loader.batchOf([index]);
    } catch {
      // Why it cannot be made is said already.
    }
  }
  return undefined;
}
