/** Where the time of a line goes, as it stands. */
import { type Dataset, isNdArray } from "@millrace/core";
import { knownSamples, type Line } from "@millrace/core/spec";
import { measure, type Measuring, prime, type Timed } from "./measure.js";
import { type Stage, type Staged, stagesOf } from "./stages.js";

/** What limits a run, in the words of its parts. */
export interface Limit {
  readonly part: "data" | "upload" | "compute";
  /** Of the time of a step, 0 to 1. */
  readonly share: number;
  /** The stage that takes most of it, where that is known. */
  readonly most?: string;
}

export interface Looked {
  readonly timed: Timed;
  readonly stages: readonly Stage[];
  readonly by: Staged["by"];
  readonly limit: Limit;
  readonly batchSize: number;
  /** Training samples, where they can be counted. */
  readonly samples?: number;
  /** Bytes of one of them as it leaves the transforms. */
  readonly sampleBytes?: number;
}

export async function look(line: Line, measuring: Measuring): Promise<Looked> {
  await prime(line, measuring);
  const timed = await measure(line, measuring);
  const batchSize = Math.max(1, Math.round(timed.samples / timed.steps));
  const indices = await firstIndices(line);
  const made = (await stagesOf(line, indices, batchSize)) ?? threadStages(timed);
  const collate = { name: "collate", ms: timed.loader.collate.ms / Math.max(1, timed.loader.batches) };
  const stages = [...made.stages, collate].filter(({ ms }) => ms > 0);
  const { dataset } = line.loaders.train;
  const sample = indices.length > 0 ? await (dataset as Dataset).get(indices[0], { epoch: 0 }) : undefined;
  const samples = knownSamples(line.loaders.train);
  return {
    timed,
    stages,
    by: made.by,
    limit: limitOf(timed, stages),
    batchSize,
    ...(samples !== undefined && samples < Infinity && { samples }),
    ...(sample !== undefined && { sampleBytes: bytesOf(sample) }),
  };
}

export function limitOf(
  { stepMs, dataMs, uploadMs, computeMs, otherMs }: Timed,
  stages: readonly Stage[],
): Limit {
  const compute = [...Object.entries(computeMs), ["other", otherMs] as const];
  const computed = compute.reduce((sum, [, ms]) => sum + ms, 0);
  const parts = { data: dataMs, upload: uploadMs, compute: computed };
  const part = (Object.keys(parts) as Limit["part"][]).reduce((a, b) => (parts[b] > parts[a] ? b : a));
  const within =
    part === "data" ? stages.map(({ name, ms }) => [name, ms] as const) : part === "compute" ? compute : [];
  const isKnown = part !== "compute" || Object.keys(computeMs).length > 0;
  const most = (isKnown ? within : []).reduce<readonly [string, number] | undefined>(
    (a, b) => (a !== undefined && a[1] >= b[1] ? a : b),
    undefined,
  );
  return { part, share: stepMs > 0 ? parts[part] / stepMs : 0, ...(most && { most: most[0] }) };
}

/** Where samples cannot be asked for one by one: what the loader's threads told. */
function threadStages({ loader }: Timed): Staged {
  const each = (ms: number) => ms / Math.max(1, loader.batches);
  const stages = [
    { name: "read", ms: each(loader.read.ms) },
    { name: "transforms", ms: each(loader.transform.ms) },
  ];
  return { stages, by: "threads" };
}

async function firstIndices({ loaders: { train } }: Line): Promise<number[]> {
  const indices: number[] = [];
  for await (const batch of train.batches(0)) {
    indices.push(...batch.indices);
    batch.release();
    if (batch.indices.length === 0 || indices.length >= 256) break;
  }
  return indices;
}

function bytesOf(value: unknown): number {
  if (isNdArray(value)) return value.data.byteLength;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value === "string") return 2 * value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce<number>((sum, each) => sum + bytesOf(each), 0);
}
