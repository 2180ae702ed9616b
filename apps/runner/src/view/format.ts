/** Numbers as people read them. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 12345 as "12,345". */
export function count(value: number): string {
  return grouped.format(value);
}

/** "1 sample", "2 samples". */
export function plural(value: number, word: string): string {
  return `${count(value)} ${value === 1 ? word : /(s|tch)$/.test(word) ? `${word}es` : `${word}s`}`;
}

/** A loss or a metric, to four places: "0.4321", "12.35", "1.20e-5". */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.001 && size < 10)) return value.toFixed(4);
  return size < 100_000 && size >= 10 ? value.toPrecision(5) : value.toExponential(2);
}

/** Bytes as "512 B", "50.2 KB", "1.5 MB", "3.2 GB". */
export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** A share as "3%". */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Seconds as "0.8 s", "41 s", "2 min 5 s", "3 h 2 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Microseconds as "0.8 µs", "12 µs", "1.3 ms", "2.1 s". */
export function fineTime(microseconds: number): string {
  const [value, unit] =
    microseconds < 1e3
      ? [microseconds, "µs"]
      : microseconds < 1e6
        ? [microseconds / 1e3, "ms"]
        : [microseconds / 1e6, "s"];
  return `${value < 9.95 ? value.toFixed(1) : count(value)} ${unit}`;
}

/** `{ loss: 0.5, accuracy: 0.9 }` as "loss 0.5000, accuracy 0.9000". */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(", ");
}

/** "1,000 of 5,000 samples, 20% …"; "1,000 samples …" where nobody knows how many there are. */
export function progressText({ samples, of }: { readonly samples: number; readonly of?: number }): string {
  if (of === undefined) return `${count(samples)} samples …`;
  return `${count(samples)} of ${count(of)} samples, ${percent(samples / of)} …`;
}
