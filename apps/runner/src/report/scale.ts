/** Axes: round numbers that cover the values, evenly spaced or by powers of ten. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** A tick's label, with as many places as the ticks differ in. */
  readonly label: (tick: number) => string;
  /** Where a value stands on the axis: 0 at `low`, 1 at `high`. */
  readonly share: (value: number) => number;
  /** What stands at a tick is this many of what it says; 1 by default. */
  readonly size?: number;
  /** Whether equal distances are equal ratios. */
  readonly isLog: boolean;
}

/** About `wanted` ticks at 1, 2 or 5 times a power of ten, the first and last around `low` and `high`. */
export function niceScale(low: number, high: number, wanted = 5): Scale {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const label = (tick: number) =>
    Math.abs(tick) >= 1e6 || places > 6 ? tick.toExponential(0) : tick.toFixed(Math.min(places, 20));
  return linear({ low: first * step, high: last * step, ticks, label });
}

/** Ticks at 1, 2 and 5 times powers of ten, or at powers alone where that would be many; for values above 0. */
export function logScale(low: number, high: number): Scale {
  const bottom = roundDown(low);
  const top = roundUp(Math.max(high, bottom * 1.01));
  const least = Math.floor(Math.log10(bottom) + 1e-9);
  const most = Math.ceil(Math.log10(top) - 1e-9);
  const within = (tick: number) => tick >= bottom * 0.999 && tick <= top * 1.001;
  const powers = Array.from({ length: most - least + 1 }, (_, i) => least + i);
  const each = powers.flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power)).filter(within);
  const apart = Math.ceil(powers.length / 7);
  const tens = powers.filter((power) => (power - least) % apart === 0).map((power) => 10 ** power);
  const ticks = each.length <= 7 ? each : tens.filter(within);
  const size = Math.log(top / bottom);
  return {
    low: bottom,
    high: top,
    ticks,
    label: powerLabel,
    share: (value) => Math.log(value / bottom) / size,
    isLog: true,
  };
}

/** Whole numbers from 0 to `last`, as many as are easy to read. */
export function epochScale(last: number): Scale {
  const step = roundSteps.find((size) => last / size <= 10) ?? Math.ceil(last / 10);
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return linear({ low: 0, high: last, ticks, label: (tick) => grouped.format(tick) });
}

const grouped = new Intl.NumberFormat("en-US");
const roundSteps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((f) => f * 10 ** power)).flat();

function linear(scale: Omit<Scale, "share" | "isLog">): Scale {
  const { low, high } = scale;
  return { ...scale, share: (value) => (value - low) / (high - low), isLog: false };
}

/** The largest of 1, 2 and 5 times a power of ten that is not above `value`. */
function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return power * ([5, 2].find((factor) => factor * power <= value * 1.001) ?? 1);
}

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return power * ([1, 2, 5].find((factor) => factor * power >= value * 0.999) ?? 10);
}

function powerLabel(tick: number): string {
  if (tick >= 1e5 || tick < 1e-4) return tick.toExponential(0).replace("+", "");
  return tick >= 1 ? grouped.format(Math.round(tick)) : String(Number(tick.toPrecision(1)));
}
