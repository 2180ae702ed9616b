/** Which stream of batches a loader gives: the generators it draws from, and the fingerprint a state carries. */
import type { Generator } from "../../data/generator.js";
import { Generator as TorchGenerator } from "../../data/generator.js";
import type { EpochOrder } from "../order.js";
import type { Style } from "../style.js";
import { digestOrder, type Fingerprint, type LoaderState } from "./state.js";

/** How the order of an epoch is asked for beside the epochs that are under way. */
export interface OrderRequest {
  readonly epoch: number;
  /** The generators' states to draw from. */
  readonly saved: string | undefined;
  /** Whether the epoch's base seed is still to be drawn from them. */
  readonly drawSeed: boolean;
  readonly from?: number;
}

/** Numbers of an order that are compared where its sampler does not say what decides it. */
const mostCompared = 65_536;

export class Identity {
  constructor(
    private readonly style: Style,
    private readonly seed: number,
    private readonly generator: Generator | undefined,
  ) {}

  /** torch's base seed of an epoch: drawn from the generator in passing, or a function of (seed, epoch). */
  drawBaseSeed(epoch: number): bigint {
    return (this.generator ?? new TorchGenerator(this.seed + epoch)).baseSeed();
  }

  /** The generators' states, or undefined where the order is a function of the epoch. */
  save(): string | undefined {
    const { generators } = this.style.order;
    return generators.length === 0 ? undefined : generators.map((generator) => generator.state()).join(" ");
  }

  restore(saved: string): void {
    const states = saved.split(" ");
    this.style.order.generators.forEach((generator, i) => generator.setState(states[i] ?? ""));
  }

  /** What `read` makes of an epoch's order; the generators stand afterwards where they stood before. */
  inOrderOf<R>(
    { epoch, saved, drawSeed, from = 0 }: OrderRequest,
    read: (batches: EpochOrder | undefined) => R,
  ): R {
    const now = this.save();
    if (saved !== undefined) this.restore(saved);
    try {
      if (drawSeed) this.drawBaseSeed(epoch);
      return read(this.style.order.open(epoch, from));
    } finally {
      if (now !== undefined) this.restore(now);
    }
  }

  /** Needs neither the order nor the samples, however many there are. */
  fingerprint(request: OrderRequest): Fingerprint {
    const { order } = this.style;
    return {
      ...this.style.describe(),
      order: order.description,
      ...(!order.described && { epochOrder: this.#digest(request, mostCompared) }),
    };
  }

  /** The fingerprint to compare with that of a state: one of version 1 knows the whole order and nothing else of it. */
  fingerprintFor({ version, epoch, generator, baseSeed, fingerprint }: LoaderState): Fingerprint {
    const request = { epoch, saved: generator, drawSeed: baseSeed === undefined };
    if (version === 2 || fingerprint.epochOrder === undefined) return this.fingerprint(request);
    return {
      ...this.style.describe(),
      order: fingerprint.order,
      epochOrder: this.#digest(request, Infinity),
    };
  }

  #digest(request: OrderRequest, most: number): string {
    return this.inOrderOf(request, (batches) => digestOrder(batches, most));
  }
}
