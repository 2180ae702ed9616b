/** What a sweep varies: the words of `--set`, and the trials that follow from them. */
import { didYouMean, MillraceError } from "@millrace/core";
import { randomAt } from "@millrace/core/dataloader";
import type { Override } from "@millrace/core/spec";

/** One path of the spec and the values it may have. */
export interface Dimension {
  /** "trainer.with.learningRate" */
  readonly path: string;
  /** All values, where they can be counted. */
  readonly values?: readonly unknown[];
  /** Any other: a number for a draw from [0, 1). */
  readonly at?: (share: number) => number;
  /** As it was written. */
  readonly text: string;
}

/** The values of one trial, by path. */
export type Values = Readonly<Record<string, unknown>>;

const rangeNames = ["linear", "log", "int"] as const;
type RangeName = (typeof rangeNames)[number];

/**
 * `path=[a,b,c]` is a list of values, `path=linear(low,high)` a range, `path=log(low,high)` one of equal ratios, `path=int(low,high)`
 * one of whole numbers; a third number says how many values a grid takes of the first two, and the step of the last.
 * Anything else is one value. Names in lists need no quotes.
 *
 * @throws MillraceError OPTION_INVALID.
 */
export function parseDimension(text: string): Dimension {
  const at = text.indexOf("=");
  const path = text.slice(0, at);
  if (at <= 0 || path.split(".").includes("")) throw faulty(text, "needs path=values");
  const words = text.slice(at + 1).trim();
  const call = /^([A-Za-z]+)\((.*)\)$/s.exec(words);
  if (call !== null) return { path, text, ...range(text, call[1], call[2]) };
  if (!words.startsWith("[")) return { path, text, values: [valueOf(words)] };
  const values = listOf(words);
  if (values === undefined) throw faulty(text, "has a list that does not end");
  if (values.length === 0) throw faulty(text, "has a list without values");
  return { path, text, values: distinct(values) };
}

function range(text: string, name: string, inner: string): Pick<Dimension, "values" | "at"> {
  const known = rangeNames.find((each) => each === name);
  if (known === undefined) throw faulty(text, `knows no range "${name}"${didYouMean(name, rangeNames)}`);
  const numbers = inner.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [low, high, third] = numbers;
  if (numbers.length < 2 || numbers.length > 3 || !numbers.every(Number.isFinite))
    throw faulty(text, `needs ${name}(low,high) with two or three numbers`);
  if (!(low < high)) throw faulty(text, `needs a range from low to high, was ${low} to ${high}`);
  if (known === "log" && low <= 0) throw faulty(text, `needs numbers above 0 for equal ratios, was ${low}`);
  if (known === "int") return wholeNumbers(text, low, high, third ?? 1);
  const of = along(known, low, high);
  if (third === undefined) return { at: of };
  if (!Number.isInteger(third) || third < 2)
    throw faulty(text, `needs at least 2 values of a range, was ${third}`);
  return { values: Array.from({ length: third }, (_, i) => of(i / (third - 1))) };
}

/** Rounded to what a person would write: the ends are met exactly. */
function along(name: Exclude<RangeName, "int">, low: number, high: number): (share: number) => number {
  return (share) => {
    if (share <= 0) return low;
    if (share >= 1) return high;
    const value = name === "log" ? low * (high / low) ** share : low + (high - low) * share;
    return Number(value.toPrecision(6));
  };
}

const mostWholeNumbers = 100_000;

function wholeNumbers(text: string, low: number, high: number, step: number): Pick<Dimension, "values"> {
  if (![low, high, step].every(Number.isInteger) || step < 1)
    throw faulty(text, "needs whole numbers, and a step of at least 1");
  const count = Math.floor((high - low) / step) + 1;
  if (count > mostWholeNumbers) throw faulty(text, `has ${count} values: give it a step`);
  return { values: Array.from({ length: count }, (_, i) => low + i * step) };
}

/** Undefined where the brackets do not match. */
function listOf(words: string): unknown[] | undefined {
  try {
    const read: unknown = JSON.parse(words);
    if (Array.isArray(read)) return read;
  } catch {
    // Names without quotes are no JSON.
  }
  if (!words.endsWith("]")) return undefined;
  const parts = partsOf(words.slice(1, -1));
  return parts?.map(valueOf);
}

/** Between commas that stand in no brackets and no quotes. */
function partsOf(inner: string): string[] | undefined {
  if (inner.trim() === "") return [];
  const parts: string[] = [];
  let [depth, from, quoted] = [0, 0, false];
  for (let i = 0; i < inner.length; i++) {
    const character = inner[i];
    if (character === '"' && inner[i - 1] !== "\\") quoted = !quoted;
    if (quoted) continue;
    if ("[{(".includes(character)) depth++;
    if ("]})".includes(character)) depth--;
    if (character !== "," || depth > 0) continue;
    parts.push(inner.slice(from, i));
    from = i + 1;
  }
  parts.push(inner.slice(from));
  return depth === 0 && !quoted && parts.every((part) => part.trim() !== "") ? parts : undefined;
}

function valueOf(words: string): unknown {
  try {
    return JSON.parse(words) as unknown;
  } catch {
    const text = words.trim();
    return (text.startsWith("[") ? listOf(text) : undefined) ?? text;
  }
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** More trials than this are a mistake. */
const mostTrials = 10_000;

/** Every combination of all values, the last dimension fastest. @throws MillraceError OPTION_INVALID. */
export function gridOf(dimensions: readonly Dimension[]): Values[] {
  requireVaried(dimensions);
  const endless = dimensions.find(({ values }) => values === undefined);
  if (endless !== undefined) {
    throw new MillraceError("OPTION_INVALID", `--set ${endless.text} has no end of values for a grid`, {
      hint: `Say how many, as in ${endless.text.replace(/\)$/, ",5)")}, or draw some with --random N.`,
    });
  }
  const count = dimensions.reduce((product, { values = [] }) => product * values.length, 1);
  if (count > mostTrials) {
    throw new MillraceError(
      "OPTION_INVALID",
      `a grid may have ${mostTrials} trials, but this one has ${count}`,
      {
        hint: "Draw some of them with --random N.",
      },
    );
  }
  return dimensions.reduce<Values[]>(
    (trials, { path, values = [] }) =>
      trials.flatMap((trial) => values.map((value) => ({ ...trial, [path]: value }))),
    [{}],
  );
}

/**
 * `count` trials, or as many as differ, each drawn on its own: more of them begin with the same ones. The seed decides them
 * alone.
 */
export function drawnOf(dimensions: readonly Dimension[], count: number, seed: number): Values[] {
  requireVaried(dimensions);
  const trials = new Map<string, Values>();
  for (let i = 0; i < 50 * count && trials.size < count; i++) {
    const drawn = dimensions.map(({ path, values, at }, place): [string, unknown] => {
      const random = randomAt(seed, 0, i, place + 1);
      return [path, at === undefined ? values?.[random.integer(values.length)] : at(random.uniform())];
    });
    const trial = Object.fromEntries(drawn);
    trials.set(JSON.stringify(trial), trials.get(JSON.stringify(trial)) ?? trial);
  }
  return [...trials.values()];
}

/** The paths that have more than one value. */
export function variedPaths(trials: readonly { readonly values: Values }[]): string[] {
  const [first] = trials;
  return Object.keys(first?.values ?? {}).filter((path) =>
    trials.some(({ values }) => JSON.stringify(values[path]) !== JSON.stringify(first.values[path])),
  );
}

/** The overrides of the spec that make a trial. */
export function overridesOf(values: Values): Override[] {
  return Object.entries(values).map(([path, value]) => ({ path: path.split("."), value }));
}

function requireVaried(dimensions: readonly Dimension[]): void {
  if (dimensions.some(({ values, at }) => at !== undefined || (values?.length ?? 0) > 1)) return;
  throw new MillraceError(
    "OPTION_INVALID",
    "a sweep needs at least one --set with several values, was given none",
    {
      hint: "For example --set trainer.with.epochs=[5,10], or --set trainer.with.optimizer.learningRate=log(1e-4,1e-1,4).",
    },
  );
}

function faulty(text: string, why: string): MillraceError {
  return new MillraceError("OPTION_INVALID", `--set ${text}: ${why}`, {
    hint: "Values are [a,b,c], linear(low,high), log(low,high) or int(low,high); a third number says how many, or the step of int. A list as one value stands in a list of its own: [[3,3]].",
  });
}
