/** Mean and deviation of each channel of many images, in parts that can be put together again. */
import type { Pixels } from "./pixels.js";

/** What was seen, as plain data: of bytes how often each value was there, of numbers their moments. */
export interface ChannelPartial {
  readonly channels: number;
  /** 256 for each channel. */
  readonly histograms: Float64Array;
  readonly counts: Float64Array;
  readonly means: Float64Array;
  /** Sums of squared deviations from the mean. */
  readonly squares: Float64Array;
}

/**
 * Bytes are counted, so that their moments are exact in any order; numbers go through Welford's update, and parts of them
 * through Chan, Golub and LeVeque's formula (1979). Values count from 0 to 1.
 */
export class ChannelMoments {
  #seen: ChannelPartial | undefined;

  /** Errors: RangeError where the number of channels differs from that of the images before. */
  add(pixels: Pixels): void {
    const channels = pixels.shape[pixels.shape.length - 1];
    const seen = this.#of(channels);
    const { data } = pixels;
    if (pixels.dtype === "uint8") {
      for (let c = 0; c < channels; c++)
        for (let i = c; i < data.length; i += channels) seen.histograms[c * 256 + data[i]]++;
      return;
    }
    for (let i = 0; i < data.length; i++) addTo(seen, i % channels, data[i]);
  }

  partial(): ChannelPartial | undefined {
    return this.#seen;
  }

  merge(other: ChannelPartial | undefined): void {
    if (other === undefined) return;
    const seen = this.#of(other.channels);
    for (let i = 0; i < seen.histograms.length; i++) seen.histograms[i] += other.histograms[i];
    for (let c = 0; c < other.channels; c++) join(seen, c, other.counts[c], other.means[c], other.squares[c]);
  }

  /** The mean and the population's deviation of each channel; undefined of no values. */
  state(): { readonly mean: number[]; readonly std: number[] } | undefined {
    if (this.#seen === undefined) return undefined;
    const { channels, histograms, counts, means, squares } = structuredClone(this.#seen);
    const all = { channels, histograms, counts, means, squares };
    for (let c = 0; c < channels; c++) {
      const { count, mean, square } = momentsOf(histograms.subarray(c * 256, (c + 1) * 256));
      join(all, c, count, mean, square);
    }
    if (counts.includes(0)) return undefined;
    return { mean: [...means], std: Array.from(squares, (square, c) => Math.sqrt(square / counts[c])) };
  }

  #of(channels: number): ChannelPartial {
    this.#seen ??= {
      channels,
      histograms: new Float64Array(channels * 256),
      counts: new Float64Array(channels),
      means: new Float64Array(channels),
      squares: new Float64Array(channels),
    };
    if (this.#seen.channels !== channels)
      throw new RangeError(`${channels} channels after ${this.#seen.channels}`);
    return this.#seen;
  }
}

function addTo({ counts, means, squares }: ChannelPartial, channel: number, value: number): void {
  const before = value - means[channel];
  counts[channel]++;
  means[channel] += before / counts[channel];
  squares[channel] += before * (value - means[channel]);
}

function join(
  { counts, means, squares }: ChannelPartial,
  channel: number,
  count: number,
  mean: number,
  square: number,
): void {
  if (count === 0) return;
  const own = counts[channel];
  const apart = mean - means[channel];
  counts[channel] = own + count;
  means[channel] = own === 0 ? mean : means[channel] + apart * (count / (own + count));
  squares[channel] += square + (own === 0 ? 0 : apart * apart * ((own * count) / (own + count)));
}

/** Of values divided by 255. */
function momentsOf(histogram: Float64Array): { count: number; mean: number; square: number } {
  let [count, sum] = [0, 0];
  for (let value = 0; value < 256; value++) {
    count += histogram[value];
    sum += histogram[value] * value;
  }
  const mean = sum / count;
  let square = 0;
  for (let value = 0; value < 256; value++) square += histogram[value] * (value - mean) ** 2;
  return { count, mean: mean / 255, square: square / 255 ** 2 };
}
