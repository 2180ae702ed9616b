/** What a line will do, found out before it trains: what passes each stage, how long an epoch is, what it takes. */
import type { Batch } from "../../contracts/batch.js";
import { knownLength, knownSamples } from "../../contracts/lengths.js";
import type { SplitName } from "../../contracts/split.js";
import type { CheckResult } from "../../contracts/checking.js";
import { isNdArray } from "../../contracts/ndarray.js";
import { isPlainObject } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";
import { usualPrefetchBytes } from "../../loader/options.js";
import { bytesOf } from "../../workers/wire/layout.js";
import type { FittedTransform } from "../fit/fitted.js";
import type { Line } from "../line.js";
import { isSame, rehearse } from "../rehearse.js";
import { type FieldForm, formsOf } from "./forms.js";
import type { Stages } from "./stages.js";

export interface Plan {
  /** Samples of each split; undefined where a stream does not say, Infinity where it never ends. */
  readonly splits: readonly { readonly split: SplitName; readonly samples: number | undefined }[];
  readonly epoch: EpochPlan;
  readonly fitted: readonly Pick<FittedTransform, "path" | "use" | "samples">[];
  /** Training samples behind each stage; those of validation too, where they pass others. */
  readonly stages: readonly Stages[];
  /** What a batch holds; absent where none could be made. */
  readonly batch?: BatchPlan;
  readonly makers: MakersPlan;
  /** What the trainer says; absent where it refuses, or cannot be asked. */
  readonly trained?: CheckResult;
  /** Everything that stands against training, each with its path in the spec. */
  readonly fault?: MillraceError;
}

export interface EpochPlan {
  /** Batches of an epoch; undefined where nobody knows. */
  readonly steps: number | undefined;
  /** Samples of a batch, where all but the last have as many. */
  readonly batchSize: number | undefined;
  /** Samples of the last batch, where that is smaller. */
  readonly lastBatch?: number;
  /** Samples that no batch of an epoch has, because the last one is left out. */
  readonly dropped?: number;
}

export interface BatchPlan {
  readonly fields: readonly FieldForm[];
  /** Of the arrays in the largest batch that was looked at. */
  readonly bytes: number;
  /** Batches that were looked at. */
  readonly looked: number;
}

/** Who makes the batches. */
export interface MakersPlan {
  readonly numWorkers: number | "auto";
  /** Batches that each worker makes ahead. */
  readonly prefetchFactor: number | "auto";
  /** Batches made ahead of the step, where that is stated. */
  readonly ahead?: number;
  /** Bytes of these batches; with "auto" the most that they may have. */
  readonly bytes?: number;
}

/** Samples that are looked at behind each stage. */
const looked = 8;

/** Looks at a few real samples and batches, and asks the trainer. What is wrong is in the plan, not thrown. */
export async function planLine(line: Line): Promise<Plan> {
  const { spec, loaders, samples, fitted } = line;
  const stages = [await line.look("train", looked)];
  if (seesOtherwise(line)) stages.push(await line.look("validation", looked));
  const seen = await seenBatches(line);
  const faults = [...faultsIn(seen.fault)];
  for (const fault of stages.flatMap((each) => each.faults))
    if (!faults.some((known) => isSame(known, fault))) faults.push(fault);
  const batch = seen.batches.length === 0 ? undefined : batchPlan(seen.batches);
  return {
    splits: Object.entries(loaders).map(([split, loader]) => ({
      split: split as SplitName,
      samples: samples[split as SplitName]?.length ?? knownSamples(loader),
    })),
    epoch: epochPlan(line),
    fitted: fitted.map(({ path, use, samples }) => ({ path, use, samples })),
    stages,
    ...(batch && { batch }),
    makers: makersPlan(spec.loader, batch?.bytes),
    ...(seen.trained && { trained: seen.trained }),
    ...(faults.length > 0 && { fault: MillraceError.several(faults, "this cannot be trained:") }),
  };
}

function faultsIn(error: MillraceError | undefined): readonly MillraceError[] {
  if (error === undefined) return [];
  return error.faults.length > 0 ? error.faults : [error];
}

function seesOtherwise({ spec, loaders }: Line): boolean {
  if (loaders.validation === undefined) return false;
  const all = [...spec.transforms, ...(spec.sources ?? []).flatMap(({ transforms }) => transforms)];
  return spec.validationSource !== undefined || all.some(({ only }) => only !== undefined);
}

interface SeenBatches {
  readonly batches: readonly Outline[];
  readonly trained?: CheckResult | undefined;
  readonly fault?: MillraceError;
}

/** What is kept of a batch that is given back. */
interface Outline {
  readonly data: unknown;
  readonly bytes: number;
}

async function seenBatches(line: Line): Promise<SeenBatches> {
  const batches: Outline[] = [];
  const keep = ({ data }: Batch): void =>
    void batches.push({ data: withoutNumbers(data), bytes: bytesOf(data) });
  try {
    const trained = await rehearse(line, keep);
    for (const step of furtherSteps(line)) keep(await line.loaders.train.batchAt(0, step));
    return { batches, trained };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { batches, fault: error };
  }
}

/** Batches of a stream come one after the other. */
function furtherSteps({ loaders, samples }: Line): readonly number[] {
  const steps = samples.train === undefined ? undefined : knownLength(loaders.train);
  if (steps === undefined || steps < 3) return [];
  return [Math.floor(steps / 2)];
}

/** The same structure, its arrays without their memory. */
function withoutNumbers(value: unknown): unknown {
  if (isNdArray(value)) return { ...value, data: new Uint8Array(0) };
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNumbers(item)]));
}

function batchPlan(batches: readonly Outline[]): BatchPlan {
  return {
    fields: formsOf(batches.map(({ data }) => data)),
    bytes: Math.max(...batches.map(({ bytes }) => bytes)),
    looked: batches.length,
  };
}

function epochPlan({ spec, loaders, samples }: Line): EpochPlan {
  const { train } = loaders;
  const steps = knownLength(train);
  const { batchSize, dropLast, batchSampler, sampler } = spec.loader;
  if (batchSampler !== undefined) return { steps, batchSize: undefined };
  const visited = knownSamples(train);
  if (steps === undefined || visited === undefined || !Number.isFinite(steps)) return { steps, batchSize };
  if (dropLast) {
    const of = sampler === undefined ? samples.train?.length : undefined;
    return { steps, batchSize, ...(of !== undefined && { dropped: of - steps * batchSize }) };
  }
  const last = visited - (steps - 1) * batchSize;
  return { steps, batchSize, ...(last !== batchSize && { lastBatch: last }) };
}

function makersPlan(loader: Line["spec"]["loader"], batchBytes: number | undefined): MakersPlan {
  const { numWorkers, prefetchFactor = 2, prefetchBytes = usualPrefetchBytes } = loader;
  const made = { numWorkers, prefetchFactor };
  if (numWorkers === 0) return { ...made, ahead: 0, bytes: 0 };
  if (numWorkers === "auto" || prefetchFactor === "auto") return { ...made, bytes: prefetchBytes };
  const ahead = numWorkers * prefetchFactor;
  return { ...made, ahead, ...(batchBytes !== undefined && { bytes: ahead * batchBytes }) };
}
