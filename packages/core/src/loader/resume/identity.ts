/** Which stream of batches a loader gives: the generators it draws from, and the fingerprint a state carries. */
import type { Dataset } from "../../contracts/dataset.js";
import type { Generator } from "../../data/generator.js";
import { Generator as TorchGenerator } from "../../data/generator.js";
import type { Order } from "../order.js";
import { digestOrder, type Fingerprint } from "./state.js";

export class Identity {
  constructor(
    private readonly dataset: Dataset | undefined,
    private readonly order: Order,
    private readonly seed: number,
    private readonly generator: Generator | undefined,
  ) {}

  /** torch's base seed of an epoch: drawn from the generator in passing, or a function of (seed, epoch). */
  drawBaseSeed(epoch: number): bigint {
    return (this.generator ?? new TorchGenerator(this.seed + epoch)).baseSeed();
  }

  /** The generators' states, or undefined where the order is a function of the epoch. */
  save(): string | undefined {
    const { generators } = this.order;
    return generators.length === 0 ? undefined : generators.map((generator) => generator.state()).join(" ");
  }

  restore(saved: string): void {
    const states = saved.split(" ");
    this.order.generators.forEach((generator, i) => generator.setState(states[i] ?? ""));
  }

  /** An epoch's batches of indices; the generators stand afterwards where they stood before. */
  orderOf(
    epoch: number,
    saved: string | undefined,
    drawSeed: boolean,
  ): readonly (readonly number[] | number)[] {
    const now = this.save();
    if (saved !== undefined) this.restore(saved);
    try {
      if (drawSeed) this.drawBaseSeed(epoch);
      return [...this.order.batches(epoch)];
    } finally {
      if (now !== undefined) this.restore(now);
    }
  }

  fingerprint(epoch: number, saved: string | undefined, drawSeed: boolean): Fingerprint {
    const { dataset, order } = this;
    if (dataset === undefined) return { dataset: "stream", order: order.description };
    const { length } = dataset;
    const keys = length > 0 && dataset.key ? [dataset.key(0), dataset.key(length - 1)] : [];
    return {
      dataset: [`${length} samples`, ...keys].join(", "),
      order: order.description,
      epochOrder: digestOrder(this.orderOf(epoch, saved, drawSeed)),
    };
  }
}
