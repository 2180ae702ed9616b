/** Several sources in given proportions. */
import type { Sampler } from "../../contracts/sampler.js";
import { Generator, randperm } from "../generator.js";
import { randomAt } from "../philox.js";
import { digestOf } from "./digest.js";
import {
  checkBoolean,
  checkPositiveInteger,
  checkSeed,
  checkSequence,
  invalid,
  shown,
} from "./validation.js";

/** How a `MixtureSampler` mixes. */
export interface MixtureSamplerOptions {
  /** Samples per epoch; by default as many as all sources have together. */
  readonly numSamples?: number | undefined;
  /** Default true: each source's samples in random order. False: in the sources' own order, evenly interleaved. */
  readonly shuffle?: boolean | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/** Which of Philox's streams the seeds of passes come from. */
const passStream = 0x6d6978;

/**
 * Samples of several sources in proportion to `weights`, one number above 0 per source; `sources` has the number of its
 * source for each sample. Of each epoch's samples a source gives its share, rounded by the largest remainder, and goes on
 * in the next epoch where it stopped in this one: all of its samples come before one comes again, so that a small source
 * repeats and a large one is spread over several epochs, and no sample is left out for good.
 *
 * The order is a function of (seed, epoch). Keeps 4 bytes per sample; an epoch costs 4 bytes per sample and 8 per draw.
 * OPTION_INVALID for weights that are not above 0, and for a source without samples.
 */
export class MixtureSampler implements Sampler {
  /** Samples per epoch of each source. */
  readonly shares: readonly number[];
  readonly shuffle: boolean;
  readonly #seed: number;
  /** The indices of each source. */
  readonly #members: readonly Int32Array[];

  constructor(sources: ArrayLike<number>, weights: readonly number[], options: MixtureSamplerOptions = {}) {
    this.#seed = checkSeed(options.seed ?? 0);
    this.shuffle = checkBoolean("shuffle", options.shuffle ?? true);
    const numSamples = checkPositiveInteger("numSamples", options.numSamples ?? sources.length);
    this.#members = membersOf(sources, checkWeights(weights).length);
    this.shares = sharesOf(weights, numSamples);
  }

  get length(): number {
    return this.shares.reduce((sum, share) => sum + share, 0);
  }

  get description(): string {
    const members = this.#members.map((indices) => digestOf(indices)).join(" ");
    const how = this.shuffle ? `shuffled, seed ${this.#seed}` : "interleaved";
    return `a mixture of ${this.shares.join(" + ")} (${members}), ${how}`;
  }

  *indices(epoch = 0): Iterable<number> {
    const draws = this.#members.map((members, source) => this.#draws(members, source, epoch));
    const next = draws.map(() => 0);
    for (const source of this.#turns(epoch)) yield draws[source][next[source]++];
  }

  /** What a source gives in an epoch: the next of its samples, pass after pass. */
  #draws(members: Int32Array, source: number, epoch: number): Int32Array {
    const share = this.shares[source];
    const drawn = new Int32Array(share);
    let order: ArrayLike<number> = [];
    let ordered = -1;
    for (let i = 0; i < share; i++) {
      const place = epoch * share + i;
      const pass = Math.floor(place / members.length);
      if (pass !== ordered) {
        order = this.#order(members, source, pass);
        ordered = pass;
      }
      drawn[i] = order[place - pass * members.length];
    }
    return drawn;
  }

  #order(members: Int32Array, source: number, pass: number): ArrayLike<number> {
    if (!this.shuffle) return members;
    const seed = randomAt(this.#seed, pass, source, passStream).integer(0x100000000);
    return randperm(members.length, new Generator(seed)).map((place) => members[place]);
  }

  /** Which source each draw of an epoch is from. */
  #turns(epoch: number): ArrayLike<number> & Iterable<number> {
    const turns = evenly(this.shares);
    if (!this.shuffle) return turns;
    return randperm(turns.length, new Generator(this.#seed + epoch)).map((place) => turns[place]);
  }
}

function checkWeights(weights: readonly number[]): readonly number[] {
  checkSequence("weights", weights);
  const odd = weights.findIndex((weight) => !(Number.isFinite(weight) && weight > 0));
  if (odd >= 0) invalid(`weights must be numbers above 0, was ${shown(weights[odd])} at ${odd}`);
  return weights;
}

function membersOf(sources: ArrayLike<number>, count: number): Int32Array[] {
  const sizes = new Array<number>(count).fill(0);
  for (let i = 0; i < sources.length; i++) {
    if (!(sources[i] in sizes))
      invalid(`sources must be numbers from 0 to ${count - 1}, was ${shown(sources[i])} at ${i}`);
    sizes[sources[i]]++;
  }
  const empty = sizes.indexOf(0);
  if (empty >= 0) invalid(`every source of a mixture must have samples, but source ${empty} has none`);
  const members = sizes.map((size) => new Int32Array(size));
  const next = sizes.map(() => 0);
  for (let i = 0; i < sources.length; i++) members[sources[i]][next[sources[i]]++] = i;
  return members;
}

/** `total` cut in proportion to the weights: rounded down, and one more to those that lose most by it. */
function sharesOf(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (weight / sum) * total);
  const shares = exact.map(Math.floor);
  const rest = total - shares.reduce((all, share) => all + share, 0);
  const byLoss = [...shares.keys()].sort((a, b) => exact[b] - shares[b] - (exact[a] - shares[a]) || a - b);
  for (const source of byLoss.slice(0, rest)) shares[source]++;
  return shares;
}

/** Each source as often as its share, as evenly as can be: turn k of a source comes at (k + ½) of its share. */
function evenly(shares: readonly number[]): Int32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const turns = new Int32Array(total);
  const next = shares.map(() => 0);
  for (let turn = 0; turn < total; turn++) {
    let first = -1;
    for (let source = 0; source < shares.length; source++) {
      if (next[source] === shares[source]) continue;
      if (first < 0 || due(next[source], shares[source]) < due(next[first], shares[first])) first = source;
    }
    turns[turn] = first;
    next[first]++;
  }
  return turns;
}

function due(turn: number, share: number): number {
  return (turn + 0.5) / share;
}
