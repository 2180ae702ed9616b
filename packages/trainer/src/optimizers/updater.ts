/** Holds what training remembers of each weight, and changes the weights; one form for host memory, one for devices. */
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Moment, Rule } from "./rule.js";

/** In the order of the variables; undefined where the loss does not depend on one. */
export type Gradients = readonly (Tensor | undefined)[];

/** Arrays by name, as a checkpoint holds them. */
export type NamedArrays = Record<string, Float32Array>;

export interface Clip {
  /** The largest length that all gradients together, as one vector, may have. */
  readonly norm?: number | undefined;
  /** The largest absolute value of each number in a gradient. */
  readonly value?: number | undefined;
}

export interface UpdaterOptions {
  readonly engine: Engine;
  readonly variables: readonly Variable[];
  readonly rule: Rule;
  readonly clip: Clip;
  /** Whether running averages of the weights are kept. */
  readonly averaged: boolean;
  /** Whether gradients of several parts make one update. */
  readonly accumulates: boolean;
}

export interface Updater {
  /** Parts whose gradients wait for the update. */
  readonly parts: number;
  /** Adds the mean gradients of a part of a batch that counts `share`. */
  accumulate(gradients: Gradients, share: number): void;
  /** One update with the mean over what was accumulated. */
  update(moment: Moment): void;
  /** One update with these gradients alone, which nothing was accumulated before. */
  updateWith(gradients: Gradients, moment: Moment): void;
  /** Moves the averages towards the weights: a ← decay · a + (1 − decay) · w. */
  average(decay: number): void;
  /** Puts the averages in the weights' place, or back. */
  exchange(): void;
  save(): Promise<NamedArrays>;
  /** Takes over what `save` gave, and how many parts with what share in all were accumulated. */
  restore(arrays: Readonly<NamedArrays>, parts: number, share: number): void;
  /** What all accumulated parts count. */
  readonly share: number;
  close(): void;
}
