/** Updates weights by code that is compiled for the rule: each variable in one pass over memory, four weights at a time. */
import type { Variable } from "@tensorflow/tfjs-core";
import { Arena, type Block } from "./fused/arena.js";
import { type Fused, fuse } from "./fused/fuse.js";
import type { HostMemory } from "./host-memory.js";
import type { Moment, Rule } from "./rule.js";
import type { Clip, Gradients, NamedArrays, Updater, UpdaterOptions } from "./updater.js";

/** One variable's blocks. */
interface Own {
  readonly variable: Variable;
  readonly weights: Block;
  readonly gradients: Block;
  readonly slots: readonly Block[];
  readonly average: Block | undefined;
  readonly sum: Block | undefined;
  /** Whether the gradients, or their sum, are there. */
  isMoved: boolean;
}

interface Scaled extends Moment {
  /** What gradients are multiplied by first. */
  readonly scale: number;
}

export class HostUpdater implements Updater {
  readonly #arena = new Arena();
  readonly #memory: HostMemory;
  readonly #rule: Rule;
  readonly #clip: Clip;
  readonly #own: readonly Own[];
  readonly #update: Fused<Scaled>;
  readonly #add: Fused<number>;
  readonly #follow: Fused<number>;
  #parts = 0;
  #share = 0;

  constructor({ variables, rule, clip, averaged, accumulates }: UpdaterOptions, memory: HostMemory) {
    const arena = this.#arena;
    this.#memory = memory;
    this.#rule = rule;
    this.#clip = clip;
    this.#own = variables.map((variable) => {
      const block = (): Block => arena.allocate(variable.size);
      const slots = rule.slots.map(block);
      const average = averaged ? block() : undefined;
      const sum = accumulates ? block() : undefined;
      return { variable, weights: block(), gradients: block(), slots, average, sum, isMoved: false };
    });
    for (const { variable, average } of this.#own) {
      if (average !== undefined) arena.view(average).set(memory.read(variable));
    }
    this.#update = fuse(arena.memory, 2 + rule.slots.length, (algebra, [weights, raw, ...slots], moment) => {
      const gradients = algebra.scale(raw, moment.scale);
      const updated = rule.update(algebra, { weights, gradients, slots }, moment);
      return [updated.weights, undefined, ...updated.slots];
    });
    this.#add = fuse(arena.memory, 2, ({ add, scale }, [sum, part], share) => [add(sum, scale(part, share))]);
    this.#follow = fuse(arena.memory, 2, ({ add, scale, subtract }, [average, weights], decay) => [
      add(average, scale(subtract(weights, average), 1 - decay)),
    ]);
  }

  get parts(): number {
    return this.#parts;
  }

  get share(): number {
    return this.#share;
  }

  accumulate(gradients: Gradients, share: number): void {
    for (const [i, own] of this.#own.entries()) {
      const gradient = gradients[i];
      if (gradient === undefined || own.sum === undefined) continue;
      this.#arena.view(own.gradients).set(this.#memory.read(gradient));
      this.#add([own.sum.address, own.gradients.address], own.sum.bytes, share);
      own.isMoved = true;
    }
    this.#parts++;
    this.#share += share;
  }

  update(moment: Moment): void {
    this.#apply((own) => own.sum, this.#share > 0 ? 1 / this.#share : 0, moment);
    for (const { sum } of this.#own) if (sum !== undefined) this.#arena.view(sum).fill(0);
    this.#parts = 0;
    this.#share = 0;
  }

  updateWith(gradients: Gradients, moment: Moment): void {
    for (const [i, own] of this.#own.entries()) {
      const gradient = gradients[i];
      if (gradient !== undefined) this.#arena.view(own.gradients).set(this.#memory.read(gradient));
      own.isMoved = gradient !== undefined;
    }
    this.#apply((own) => own.gradients, 1, moment);
  }

  average(decay: number): void {
    for (const { variable, average, weights } of this.#own) {
      if (average === undefined) continue;
      this.#arena.view(weights).set(this.#memory.read(variable));
      this.#follow([average.address, weights.address], average.bytes, decay);
    }
  }

  exchange(): void {
    for (const { variable, average } of this.#own) {
      if (average === undefined) continue;
      const weights = this.#memory.read(variable).slice();
      const values = this.#arena.view(average);
      this.#memory.write(variable, values);
      values.set(weights);
    }
  }

  save(): Promise<NamedArrays> {
    const arrays: NamedArrays = {};
    for (const [name, block] of this.#named()) arrays[name] = this.#arena.view(block);
    return Promise.resolve(arrays);
  }

  restore(arrays: Readonly<NamedArrays>, parts: number, share: number): void {
    for (const [i, own] of this.#own.entries()) {
      own.isMoved = arrays[`gradient/${i}`] !== undefined;
      if (own.sum !== undefined) this.#arena.view(own.sum).fill(0);
    }
    this.#parts = parts;
    this.#share = share;
    for (const [name, block] of this.#named()) this.#arena.view(block).set(arrays[name]);
  }

  close(): void {
    // The arena goes with this object.
  }

  *#named(): Generator<[string, Block]> {
    for (const [i, { slots, average, sum, isMoved }] of this.#own.entries()) {
      for (const [slot, name] of this.#rule.slots.entries()) yield [`optimizer/${i}/${name}`, slots[slot]];
      if (average !== undefined) yield [`average/${i}`, average];
      if (sum !== undefined && isMoved && this.#parts > 0) yield [`gradient/${i}`, sum];
    }
  }

  #apply(gradientsOf: (own: Own) => Block | undefined, mean: number, moment: Moment): void {
    const scale = this.#clipped(gradientsOf, mean);
    for (const own of this.#own) {
      const gradients = gradientsOf(own);
      if (gradients === undefined || !own.isMoved) continue;
      const { variable, weights, slots } = own;
      this.#arena.view(weights).set(this.#memory.read(variable));
      const addresses = [weights, gradients, ...slots].map(({ address }) => address);
      this.#update(addresses, weights.bytes, { ...moment, scale });
      this.#memory.write(variable, this.#arena.view(weights));
      own.isMoved = false;
    }
  }

  /** Bounds the values in place; what is left to be done is the factor that is returned. */
  #clipped(gradientsOf: (own: Own) => Block | undefined, mean: number): number {
    const { norm, value } = this.#clip;
    if (norm === undefined && value === undefined) return mean;
    const bound = value === undefined ? Number.POSITIVE_INFINITY : value / mean;
    let squares = 0;
    for (const own of this.#own) {
      const block = own.isMoved ? gradientsOf(own) : undefined;
      if (block === undefined) continue;
      const gradients = this.#arena.view(block);
      for (let i = 0; i < gradients.length; i++) {
        if (Math.abs(gradients[i]) > bound) gradients[i] = Math.sign(gradients[i]) * bound;
        squares += gradients[i] * gradients[i];
      }
    }
    const length = Math.sqrt(squares) * mean;
    return norm !== undefined && length > norm ? (mean * norm) / length : mean;
  }
}
