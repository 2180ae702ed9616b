/** Updates weights by the engine's operations, for devices whose memory JavaScript cannot reach. */
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { type DeviceRule, ruleOnDevice } from "./device-rule.js";
import type { Moment, Rule } from "./rule.js";
import type { Clip, Gradients, NamedArrays, Updater, UpdaterOptions } from "./updater.js";

type Tensors = (Tensor | undefined)[];

export class DeviceUpdater implements Updater {
  readonly #engine: Engine;
  readonly #update: DeviceRule;
  readonly #variables: readonly Variable[];
  readonly #rule: Rule;
  readonly #clip: Clip;
  /** All that is kept between updates, by the names that checkpoints use. */
  readonly #kept = new Map<string, Tensor>();
  #parts = 0;
  #share = 0;

  constructor({ engine, variables, rule, clip, averaged }: UpdaterOptions) {
    this.#engine = engine;
    this.#update = ruleOnDevice(engine, rule);
    this.#variables = variables;
    this.#rule = rule;
    this.#clip = clip;
    for (const [i, variable] of variables.entries()) {
      for (const slot of rule.slots) this.#keep(`optimizer/${i}/${slot}`, engine.zerosLike(variable));
      if (averaged) this.#keep(`average/${i}`, engine.clone(variable));
    }
  }

  get parts(): number {
    return this.#parts;
  }

  get share(): number {
    return this.#share;
  }

  accumulate(gradients: Gradients, share: number): void {
    this.#engine.tidy(() => {
      for (const [i, gradient] of gradients.entries()) {
        if (gradient === undefined) continue;
        const part = this.#engine.mul(gradient, share);
        const sum = this.#kept.get(`gradient/${i}`);
        this.#keep(`gradient/${i}`, sum === undefined ? part : this.#engine.add(sum, part));
      }
    });
    this.#parts++;
    this.#share += share;
  }

  update(moment: Moment): void {
    const scale = this.#share > 0 ? 1 / this.#share : 0;
    const sums = this.#variables.map((_, i) => this.#kept.get(`gradient/${i}`));
    this.#engine.tidy(() => {
      const means = sums.map((sum) => (sum === undefined ? undefined : this.#engine.mul(sum, scale)));
      this.#apply(means, moment);
    });
    for (const i of this.#variables.keys()) this.#drop(`gradient/${i}`);
    this.#parts = 0;
    this.#share = 0;
  }

  updateWith(gradients: Gradients, moment: Moment): void {
    this.#engine.tidy(() => this.#apply([...gradients], moment));
  }

  average(decay: number): void {
    const engine = this.#engine;
    engine.tidy(() => {
      for (const [i, variable] of this.#variables.entries()) {
        const average = this.#kept.get(`average/${i}`);
        if (average === undefined) continue;
        const step = engine.mul(engine.sub(variable, average), 1 - decay);
        this.#keep(`average/${i}`, engine.add(average, step));
      }
    });
  }

  exchange(): void {
    for (const [i, variable] of this.#variables.entries()) {
      const average = this.#kept.get(`average/${i}`);
      if (average === undefined) continue;
      const own = this.#engine.clone(variable);
      variable.assign(average);
      this.#keep(`average/${i}`, own);
    }
  }

  async save(): Promise<NamedArrays> {
    const arrays: NamedArrays = {};
    for (const [name, tensor] of this.#kept) arrays[name] = (await tensor.data()) as Float32Array;
    return arrays;
  }

  restore(arrays: Readonly<NamedArrays>, parts: number, share: number): void {
    for (const [i, { shape }] of this.#variables.entries()) {
      for (const name of Object.keys(arrays)) {
        if (!isOf(name, i)) continue;
        this.#keep(name, this.#engine.tensor(arrays[name], shape));
      }
    }
    for (const name of this.#kept.keys())
      if (name.startsWith("gradient/") && arrays[name] === undefined) this.#drop(name);
    this.#parts = parts;
    this.#share = share;
  }

  close(): void {
    for (const name of this.#kept.keys()) this.#drop(name);
  }

  #keep(name: string, tensor: Tensor): void {
    this.#drop(name);
    this.#kept.set(name, this.#engine.keep(tensor));
  }

  #drop(name: string): void {
    this.#kept.get(name)?.dispose();
    this.#kept.delete(name);
  }

  #apply(given: Tensors, moment: Moment): void {
    const gradients = this.#clipped(given);
    for (const [i, variable] of this.#variables.entries()) {
      const own = gradients[i];
      if (own === undefined) continue;
      const names = this.#rule.slots.map((slot) => `optimizer/${i}/${slot}`);
      const slots = names.map((name) => this.#kept.get(name) as Tensor);
      const made = this.#update({ weights: variable, gradients: own, slots }, moment);
      variable.assign(made.weights);
      for (const [slot, name] of names.entries()) this.#keep(name, made.slots[slot]);
    }
  }

  #clipped(given: Tensors): Tensors {
    const engine = this.#engine;
    const { norm, value } = this.#clip;
    const bounded =
      value === undefined
        ? given
        : given.map((gradient) => (gradient ? engine.clipByValue(gradient, -value, value) : undefined));
    if (norm === undefined) return bounded;
    const squares = bounded.flatMap((gradient) => (gradient ? [engine.sum(engine.square(gradient))] : []));
    if (squares.length === 0) return bounded;
    const length = engine.sqrt(engine.addN(squares)) as Scalar;
    const factor = engine.div(norm, engine.maximum(length, norm));
    return bounded.map((gradient) => (gradient ? engine.mul(gradient, factor) : undefined));
  }
}

function isOf(name: string, variable: number): boolean {
  return name.split("/")[1] === String(variable);
}
