/** Changes that make a spec faster, each found by trying it: pairs of runs, one with it and one without, in turn. */
import { isDeepStrictEqual } from "node:util";
import { type Logger, MillraceError } from "@millrace/core";
import {
  editSpec,
  editValue,
  type Line,
  type Override,
  parseSpecText,
  readSpec,
  type SpecEdit,
  type SpecText,
} from "@millrace/core/spec";
import { withLine } from "../compose.js";
import type { Candidate } from "./candidates.js";
import { measure, type Measuring, prime } from "./measure.js";

/** A change, and how it fared. */
export interface Trial extends Candidate {
  /** Samples per second without and with it: means over the pairs of runs. */
  readonly before: number;
  readonly after: number;
  /** Of each pair, the rate with it as a share of that without: 1.5 is half as fast again. */
  readonly ratios: readonly number[];
  readonly helps: boolean;
  /** Why it could not be tried. */
  readonly fault?: string;
}

/** A spec's files, and what is set on the command line. */
export interface Origin {
  readonly paths: readonly string[];
  readonly set: readonly Override[];
}

export interface Trying extends Measuring {
  readonly logger: Logger;
  /** Told what is tried, as "loader.numWorkers = 2, pair 1 of 3". */
  readonly busy: (text: string) => void;
}

/** Fewest and most pairs of runs: more than the fewest where they differ. */
const pairs = { least: 3, most: 5 };
/** A gain below this is noise wherever it comes from. */
const leastGain = 1.03;
/** Student's t at 97.5% (two-sided 95%), by degrees of freedom. */
const student: Readonly<Record<number, number>> = { 2: 4.303, 3: 3.182, 4: 2.776 };

/** Tries one after the other, each on top of those that helped. */
export async function tryAll(
  origin: Origin,
  candidates: readonly Candidate[],
  trying: Trying,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  let left = [...candidates];
  while (left.length > 0) {
    const helped = trials.filter(({ helps }) => helps);
    const base = helped.flatMap(({ edits }) => edits);
    await withLine(await edited(origin, base), trying.logger, async (line) => {
      await prime(line, trying);
      while (left.length > 0) {
        const [candidate, ...rest] = left;
        left = rest;
        if (!isDue(candidate, trials)) continue;
        const trial = await tryOne(origin, base, candidate, line, trying);
        trials.push(trial);
        if (trial.helps) return;
      }
    });
  }
  return trials;
}

function isDue({ follows }: Candidate, trials: readonly Trial[]): boolean {
  return follows === undefined || trials.some(({ what, helps }) => what === follows && helps);
}

async function tryOne(
  origin: Origin,
  base: readonly SpecEdit[],
  candidate: Candidate,
  without: Line,
  trying: Trying,
): Promise<Trial> {
  const rates: [number, number][] = [];
  let { changes } = candidate;
  try {
    trying.busy(candidate.what);
    await withLine(await edited(origin, [...base, ...candidate.edits]), trying.logger, async (line) => {
      await prime(line, trying);
      while (verdictOn(ratiosOf(rates)) === "unclear") {
        trying.busy(`${candidate.what}, pair ${rates.length + 1}`);
        // Whatever else the machine does, and however it changes, is felt by both in turn.
        const turn = rates.length % 2 === 0 ? [without, line] : [line, without];
        const timed = [await measure(turn[0], trying), await measure(turn[1], trying)];
        const [before, after] = turn[0] === without ? timed : timed.toReversed();
        rates.push([before.samplesPerSecond, after.samplesPerSecond]);
      }
      if (candidate.mayChange === true && (await haveSameBatches(without, line))) changes = undefined;
    });
  } catch (error) {
    // What a plugin refuses is no advice; a Ctrl-C ends all of it.
    if (trying.signal.aborted || !(error instanceof MillraceError)) throw error;
    return { ...candidate, before: 0, after: 0, ratios: [], helps: false, fault: error.message };
  }
  const ratios = ratiosOf(rates);
  const mean = (at: 0 | 1) => rates.reduce((sum, rate) => sum + rate[at], 0) / rates.length;
  const { changes: _, ...own } = candidate;
  const told = { ...own, ...(changes !== undefined && { changes }) };
  return { ...told, before: mean(0), after: mean(1), ratios, helps: verdictOn(ratios) === "gain" };
}

async function haveSameBatches(...lines: readonly [Line, Line]): Promise<boolean> {
  for (const epoch of [0, 1]) {
    const [a, b] = await Promise.all(lines.map(({ loaders }) => loaders.train.batchAt(epoch, 0)));
    if (!isDeepStrictEqual(a.data, b.data)) return false;
  }
  return true;
}

function ratiosOf(rates: readonly (readonly [number, number])[]): number[] {
  return rates.map(([before, after]) => after / before);
}

/**
 * What pairs of runs say, by the paired t-test on the logarithms of their ratios: a gain is one in every pair, and more on
 * average than the pairs' own differences explain. One pair without is enough to give a change up.
 */
export function verdictOn(ratios: readonly number[]): "gain" | "none" | "unclear" {
  if (ratios.some((ratio) => !(ratio >= leastGain))) return "none";
  if (ratios.length < pairs.least) return "unclear";
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1);
  if (mean > student[logs.length - 1] * Math.sqrt(variance / logs.length)) return "gain";
  return ratios.length < pairs.most ? "unclear" : "none";
}

/** The changes that helped, without those that a later one took the place of. */
export function adviceOf(trials: readonly Trial[]): Trial[] {
  const helped = trials.filter(({ helps }) => helps);
  const placeOf = ({ edits }: Trial) => JSON.stringify(edits.map(({ path }) => path));
  return helped.flatMap((trial, i) => {
    if (helped.slice(i + 1).some((later) => placeOf(later) === placeOf(trial))) return [];
    const first = helped.find((earlier) => placeOf(earlier) === placeOf(trial)) ?? trial;
    if (first === trial) return [trial];
    const earlier = helped.filter((other) => placeOf(other) === placeOf(trial));
    // What came later was measured on top of what came before.
    const count = Math.min(...earlier.map((each) => each.ratios.length));
    const ratios = trial.ratios
      .slice(0, count)
      .map((_, at) => earlier.reduce((all, each) => all * each.ratios[at], 1));
    return [{ ...trial, before: first.before, ratios }];
  });
}

/** The spec with some changes, in memory. */
async function edited({ paths, set }: Origin, edits: readonly SpecEdit[]): Promise<SpecText> {
  const { value } = await readSpec(paths, set);
  const overrides = edits.map(({ path: place, insert }) => {
    const whole = insert === true ? place.slice(0, -1) : place;
    return { path: whole.map(String), value: valueAt(editValue(value, edits), whole) };
  });
  return readSpec(paths, [...set, ...overrides]);
}

function valueAt(value: unknown, path: SpecEdit["path"]): unknown {
  return path.reduce((node, key) => (node as Record<string | number, unknown>)[key], value);
}

/** The text of the spec's file with the changes in it. @throws MillraceError OPTION_INVALID where it would not say what was measured. */
export async function appliedText(
  { paths, set }: Origin,
  text: string,
  edits: readonly SpecEdit[],
): Promise<string> {
  const [path] = paths;
  const before = await readSpec(paths, set);
  const applied = editSpec(text, path, edits);
  const after = parseSpecText(applied, path, before.url, set);
  // Objects of a parser have no prototype.
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  if (isDeepStrictEqual(plain(after.value), plain(editValue(before.value, edits)))) return applied;
  throw new MillraceError("OPTION_INVALID", `${path} does not hold what is to be changed in it`, {
    hint: "What it extends, or what --set says, has to be changed there.",
  });
}
