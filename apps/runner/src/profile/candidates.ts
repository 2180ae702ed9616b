/** Changes to a spec that may make it faster, by where its time goes. Whether they do is measured. */
import { availableParallelism, totalmem } from "node:os";
import type { PluginKind } from "@millrace/core";
import { isFor, type Registry, type Spec, type SpecEdit } from "@millrace/core/spec";
import type { Timed } from "./measure.js";
import type { Stage } from "./stages.js";

/** One change, as a person reads it and as the spec's file takes it. */
export interface Candidate {
  /** "loader.numWorkers = 2" */
  readonly what: string;
  readonly edits: readonly SpecEdit[];
  /** What of a run's results it changes, beside its speed; absent where batches are the same, bit for bit. */
  readonly changes?: string;
  /** True if it may change nothing of that: then the first batches are compared. */
  readonly mayChange?: boolean;
  /** What it costs. */
  readonly costs?: string;
  /** Tried only where the one before it helped. */
  readonly follows?: string;
}

export interface Situation {
  readonly spec: Spec;
  readonly registry: Registry;
  readonly timed: Timed;
  readonly stages: readonly Stage[];
  /** Of the training split, and the bytes of one of its samples, where they are known. */
  readonly samples?: number;
  readonly sampleBytes?: number;
}

/** A part of the time that is smaller than this is not worth a change. */
export const worthwhile = 0.05;

/** In the order in which they are tried, each on top of those that helped. */
export function candidatesFor(situation: Situation): Candidate[] {
  const { timed } = situation;
  const share = (ms: number): number => ms / timed.stepMs;
  const waits = share(timed.dataMs) > worthwhile;
  return [
    ...(waits ? [...cached(situation), ...workers(situation), ...ahead(situation)] : []),
    ...(!waits && timed.workers.numWorkers > 0 ? [set("loader.numWorkers", 0)] : []),
    ...(share(timed.uploadMs) > worthwhile ? pinned(situation) : []),
    ...(waits ? [...inAnyOrder(situation), ...reduced(situation), ...nearby(situation)] : []),
    ...(share(timed.dataMs) < 0.5 ? batched(situation) : []),
  ];
}

function set(path: string, value: unknown, more: Omit<Candidate, "what" | "edits"> = {}): Candidate {
  const keys = path.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return { what: `${path} = ${JSON.stringify(value)}`, edits: [{ path: keys, value }], ...more };
}

/** Twice as many each time, as long as it helps. */
function workers({ spec: { loader }, timed }: Situation): Candidate[] {
  const now = timed.workers.numWorkers;
  const most = Math.max(2, availableParallelism());
  const counts = [1, 2, 4, 8, 16, 32].filter((count) => count > now && count <= most);
  const name = "loader.numWorkers";
  const isAuto = loader.numWorkers === "auto";
  return counts.map((count, i) => ({
    ...set(name, count, {
      costs:
        count === 1
          ? "a thread with its own copy of the code"
          : `${count} threads, each with its own copy of the code`,
    }),
    ...(i > 1 && !isAuto && { follows: `${name} = ${counts[i - 1]}` }),
  }));
}

function ahead({ spec: { loader }, timed }: Situation): Candidate[] {
  const { numWorkers, prefetchFactor } = timed.workers;
  if (numWorkers === 0 || loader.prefetchFactor === "auto") return [];
  const bytes = (timed.loader.bytes / Math.max(1, timed.loader.batches)) * numWorkers * prefetchFactor;
  return [
    set("loader.prefetchFactor", prefetchFactor * 2, { costs: `${megabytes(bytes)} more of batches ahead` }),
  ];
}

/** Before the first transform that is random, and behind all that is the same in every epoch. */
function cached({ spec, registry, stages, samples, sampleBytes }: Situation): Candidate[] {
  const { transforms } = spec;
  if (samples === undefined || sampleBytes === undefined || spec.sources !== undefined) return [];
  if (transforms.some(({ use }) => registry.get("transform", use).keeps !== undefined)) return [];
  const random = transforms.findIndex(
    (transform) =>
      registry.get("transform", transform.use).random === true ||
      (isFor(transform, "train") && !isFor(transform, "validation")),
  );
  const at = random < 0 ? transforms.length : random;
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  const before = stages.filter(({ name }) => !isBehind(name, at)).reduce((sum, { ms }) => sum + ms, 0);
  const bytes = samples * sampleBytes;
  const limit = totalmem() / 4;
  if (before < total * worthwhile || bytes > limit) return [];
  const fused = transforms.slice(at).some(({ use }) => registry.get("transform", use).deferred === true);
  const value = { use: "cache", with: { in: "memory" } };
  return [
    {
      what: `transforms: a cache in memory ${at === transforms.length ? "at the end" : `before ${transforms[at].use}`}`,
      edits: [{ path: ["transforms", at], value, insert: true }],
      costs: `${megabytes(bytes)} of memory; the first epoch is as slow as before`,
      ...(fused && {
        changes: "what is done to images behind it is done to decoded pixels, which then differ",
        mayChange: true,
      }),
    },
  ];
}

function isBehind(stage: string, at: number): boolean {
  const position = /^transform (\d+)/.exec(stage)?.[1];
  return position !== undefined && Number(position) >= at;
}

function inAnyOrder({ spec: { loader }, timed }: Situation): Candidate[] {
  if (loader.inOrder === false || timed.workers.numWorkers < 2) return [];
  return [set("loader.inOrder", false, { changes: "the order of batches then differs from run to run" })];
}

/** Wherever images are read with a choice of how far a decoder reduces them. */
function reduced({ spec, registry, stages }: Situation): Candidate[] {
  if (!stages.some(({ name, ms }) => name === "decode" && ms > 0)) return [];
  const places = [
    ...(spec.source === undefined
      ? []
      : [{ kind: "source" as const, use: spec.source, path: "source.with" }]),
    ...spec.transforms.map((use, i) => ({ kind: "transform" as const, use, path: `transforms.${i}.with` })),
  ];
  return places
    .filter(
      ({ kind, use }) =>
        has(registry, kind, use.use, "reduce") && (use.with as { reduce?: string }).reduce !== "fast",
    )
    .map(({ path }) =>
      set(`${path}.reduce`, "fast", { changes: "pixels of reduced JPEG files differ by a few levels" }),
    );
}

function has(registry: Registry, kind: PluginKind, name: string, option: string): boolean {
  const { shape } = registry.get(kind, name).options as {
    readonly shape?: Readonly<Record<string, unknown>>;
  };
  return shape?.[option] !== undefined;
}

/** Reads of neighbours, where a full shuffle reads all over. */
function nearby({ spec: { loader, sources }, timed, stages, samples = 0 }: Situation): Candidate[] {
  if (
    !loader.shuffle ||
    loader.sampler !== undefined ||
    loader.batchSampler !== undefined ||
    sources !== undefined
  )
    return [];
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  const read = stages.find(({ name }) => name === "read")?.ms ?? 0;
  const blockSize = 256;
  if (read < total / 2 || samples < blockSize * 64 || timed.loader.samples === 0) return [];
  const sampler = { use: "block-shuffle", with: { blockSize } };
  return [
    {
      what: `loader.sampler = block-shuffle of blocks of ${blockSize} instead of loader.shuffle`,
      edits: [
        { path: ["loader", "sampler"], value: sampler },
        { path: ["loader", "shuffle"], value: false },
      ],
      changes: "epochs are shuffled less thoroughly",
    },
  ];
}

/** For devices with a memory of their own. */
function pinned({ spec: { loader }, timed }: Situation): Candidate[] {
  if (loader.pinMemory || timed.workers.numWorkers === 0 || !/cuda|webgpu|native/.test(timed.device))
    return [];
  return [set("loader.pinMemory", true, { costs: "batches that are never paged out" })];
}

function batched({ spec: { loader } }: Situation): Candidate[] {
  if (loader.batchSampler !== undefined) return [];
  const changes = "fewer, larger updates: the learning rate may have to follow, and results will differ";
  return [2, 4].map((factor, i) => ({
    ...set("loader.batchSize", loader.batchSize * factor, { changes }),
    ...(i > 0 && { follows: `loader.batchSize = ${loader.batchSize * 2}` }),
  }));
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? "less than 1 MB" : `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;
}
