/** A profile as a person reads it. */
import { count, figure, percent, plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { padded, widthOf } from "../view/width.js";
import type { Trial } from "./advise.js";
import type { Limit, Looked } from "./look.js";
import type { Timed } from "./measure.js";

const widestBar = 24;

const waysText: Readonly<Record<Looked["by"], string>> = {
  samples: "one sample at a time in one thread",
  columns: "by columns, in one thread",
  threads: "all threads together",
};

export function profileLines({ timed, stages, by, limit, batchSize }: Looked, colors: Colors): string[] {
  const { steps, stepMs, samplesPerSecond, device } = timed;
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  return [
    `${colors.bold(`${count(samplesPerSecond)} samples/s`)} on ${device} · ${milliseconds(stepMs)} for a step of ${plural(batchSize, "sample")} · ${plural(steps, "step")} timed`,
    "",
    "where a step goes",
    ...rows(partsOf(timed), stepMs, colors),
    ...(isApart(timed)
      ? [
          colors.dim(
            "  the device computes beside this thread: its work shows in results, where they are awaited",
          ),
        ]
      : []),
    "",
    `where a batch goes, ${waysText[by]}; ${makersText(timed)}`,
    ...rows(
      stages.map(({ name, ms }) => [name, ms]),
      total,
      colors,
    ),
    "",
    `${colors.bold("limit:")} ${limitText(limit)}`,
  ];
}

function partsOf({ dataMs, uploadMs, computeMs, otherMs, workers }: Timed): [string, number][] {
  const parts: [string, number][] = [
    [workers.numWorkers === 0 ? "making batches, in this thread" : "waiting for data", dataMs],
    ["upload", uploadMs],
    ...Object.entries(computeMs),
    [Object.keys(computeMs).length === 0 ? "training" : "other", otherMs],
  ];
  return parts.filter(([, ms]) => ms > 0);
}

/** Whether a device works by itself, and steps are only handed to it. */
function isApart({ device }: Timed): boolean {
  return /cuda|webgpu/.test(device);
}

function makersText({ workers, loader }: Timed): string {
  const { numWorkers, prefetchFactor } = workers;
  if (numWorkers === 0) return "no workers";
  return `${plural(numWorkers, "worker")}, ${prefetchFactor} ahead each, ${loader.queueDepth.toFixed(1)} ready when asked`;
}

function limitText({ part, share, most }: Limit): string {
  const which = {
    data: "making batches",
    upload: "copying batches to the device",
    compute: "the model itself",
  }[part];
  return `${which}, ${percent(share)} of a step${most === undefined ? "" : `; most of it: ${most}`}`;
}

function rows(parts: readonly (readonly [string, number])[], total: number, colors: Colors): string[] {
  const width = Math.max(0, ...parts.map(([name]) => widthOf(name)));
  const times = parts.map(([, ms]) => milliseconds(ms));
  const widest = Math.max(0, ...times.map((time) => time.length));
  return parts.map(([name, ms], i) => {
    const share = total > 0 ? ms / total : 0;
    const bar = colors.cyan("━".repeat(Math.round(share * widestBar)));
    return `  ${padded(name, width)}  ${padded(times[i], widest, "right")}  ${padded(percent(share), 4, "right")}  ${bar}`.trimEnd();
  });
}

/** What was tried, and what of it helped. */
export function trialLines(trials: readonly Trial[], advice: readonly Trial[], colors: Colors): string[] {
  if (trials.length === 0) return ["", "nothing to try: no change that is known would touch what takes long"];
  const others = trials.filter(({ helps }) => !helps);
  return [
    "",
    colors.bold(
      advice.length === 0 ? "nothing that was tried helps by more than its figures vary" : "what helps",
    ),
    ...advice.flatMap((trial) => [
      `  ${colors.green(trial.what)}: ${rates(trial)}`,
      ...[
        trial.costs && `costs ${trial.costs}`,
        trial.changes && colors.yellow(`changes results: ${trial.changes}`),
      ]
        .filter((text) => text !== undefined && text !== "")
        .map((text) => `    ${text}`),
    ]),
    ...(others.length === 0 ? [] : ["", "what was tried and does not"]),
    ...others.map((trial) => colors.dim(`  ${trial.what}: ${trial.fault ?? rates(trial)}`)),
  ];
}

/** "812 → 1,540 samples/s, +84% to +97% in 3 pairs of runs" */
function rates({ before, after, ratios }: Trial): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map(gain);
  const range = ratios.length === 1 || least === most ? least : `${least} to ${most}`;
  return `${count(before)} → ${count(after)} samples/s, ${range} in ${plural(ratios.length, "pair")} of runs`;
}

function gain(ratio: number): string {
  const change = Math.round((ratio - 1) * 100);
  return `${change >= 0 ? "+" : ""}${change}%`;
}

function milliseconds(ms: number): string {
  return `${ms >= 100 ? count(ms) : ms >= 10 ? ms.toFixed(1) : ms >= 0.01 ? ms.toFixed(2) : figure(ms)} ms`;
}
