/** Axes: round numbers that cover the values. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** A tick's label, with as many places as the ticks differ in. */
  readonly label: (tick: number) => string;
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
  return { low: first * step, high: last * step, ticks, label };
}

/** Whole numbers from 0 to `last`, as many as are easy to read. */
export function epochScale(last: number): Scale {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => last / size <= 10) ?? Math.ceil(last / 10);
  const ticks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return { low: 0, high: last, ticks, label: String };
}
