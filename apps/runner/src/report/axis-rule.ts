/** Which axis values are drawn on: even, or by powers of ten where an even one would hide how they go on. */
import { logScale, niceScale, type Scale } from "./scale.js";

/** Lines are looked at in so many stretches: steps are noisy. */
const stretches = 20;
/** Half of a line within this share of an even axis is called flat. */
const flat = 0.15;
const leastRatio = 10;

/**
 * Whether lines flatten: all values are above 0 and the largest is ten times the smallest or more, one half of every line
 * lies within 15% of an even axis, and by powers of ten it would take at least twice the room.
 */
export function flattens(lines: readonly (readonly number[])[]): boolean {
  const courses = lines.map(calm).filter((line) => line.length >= 4);
  const all = courses.flat();
  const [low, high] = extremes(all);
  if (all.length === 0 || low <= 0 || high / low < leastRatio) return false;
  const isHidden = (half: (line: readonly number[]) => readonly number[]): boolean => {
    const parts = courses.map((line) => extremes(half(line)));
    const even = Math.max(...parts.map(([least, most]) => (most - least) / (high - low)));
    const byPowers = Math.max(...parts.map(([least, most]) => Math.log(most / least) / Math.log(high / low)));
    return even <= flat && byPowers >= 2 * even;
  };
  const middle = (line: readonly number[]) => Math.floor(line.length / 2);
  return isHidden((line) => line.slice(middle(line))) || isHidden((line) => line.slice(0, middle(line)));
}

/** The axis for a loss: from 0, so that halves look like halves, unless it flattens or stays far above. */
export function lossAxis(lines: readonly (readonly number[])[]): Scale {
  const [low, high] = bounds(lines.flat());
  if (low > 0 && flattens(lines)) return logScale(low, high);
  return niceScale(low > high / 2 ? low : Math.min(0, low), high);
}

/** The axis for anything else: from its least to its greatest value, unless it flattens. */
export function valueAxis(lines: readonly (readonly number[])[]): Scale {
  const [low, high] = bounds(lines.flat());
  if (low > 0 && flattens(lines)) return logScale(low, high);
  return niceScale(low, low === high ? high + Math.abs(high) * 0.01 : high);
}

/** Means of so many stretches of a line; the line itself where it is short. */
function calm(line: readonly number[]): number[] {
  const size = Math.max(1, Math.ceil(line.length / stretches));
  const means: number[] = [];
  for (let from = 0; from < line.length; from += size) {
    const part = line.slice(from, from + size);
    means.push(part.reduce((sum, value) => sum + value, 0) / part.length);
  }
  return means;
}

function bounds(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 1] : extremes(values);
}

function extremes(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
