/** Makes dropout and its kin a function of (seed, step, layer); tfjs would draw from Math.random or repeat one mask. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { codeModelClass } from "./code-model.js";
import { layersWithin, type OpenLayer } from "./layer-tree.js";
import { seedAt } from "../seed.js";

export interface Noise {
  /** Sets all seeds for a step, counted over the whole run. Call before each training step. */
  atStep(step: number): void;
  /** Puts back what the model was built with, for saving. */
  restore(): void;
}

/** Draws the next seed of a layer within the current step. */
type NextSeed = () => number;

/** Takes over every layer of the model that draws random numbers while training; `rank` is of several processes, which draw unlike ones. */
export function takeOverNoise(engine: Engine, model: LayersModel, seed: number, rank = 0): Noise {
  const address = rank === 0 ? ["noise"] : ["noise", `rank ${rank}`];
  const undo: (() => void)[] = [];
  const begin: ((step: number) => void)[] = [];
  for (const [layer, path] of model.layers.flatMap((each, i) => [...layersWithin(engine, each, String(i))])) {
    let step = 0;
    let draws = 0;
    const next: NextSeed = () => seedAt(seed, ...address, step, path, draws++);
    const control = controlOf(engine, layer, next);
    if (control === undefined) continue;
    undo.push(() => control.restore());
    begin.push((now) => {
      step = now;
      draws = 0;
      control.begin?.();
    });
  }
  return {
    atStep: (step) => {
      for (const set of begin) set(step);
    },
    restore: () => {
      for (const put of undo) put();
    },
  };
}

interface Control {
  begin?(): void;
  restore(): void;
}

function controlOf(engine: Engine, layer: OpenLayer, next: NextSeed): Control | undefined {
  switch (layer.getClassName()) {
    case "Dropout":
    case "SpatialDropout1D":
    case codeModelClass:
      return property(layer, "seed", next);
    case "RandomWidth":
      return property(layer.randomGenerator as Record<string, unknown>, "seed", next);
    case "SimpleRNNCell":
    case "GRUCell":
    case "LSTMCell":
      return replacement(layer, "dropoutFunc", (ones: Tensor, rate: number) =>
        engine.dropout(ones, rate, undefined, next()),
      );
    case "GaussianNoise":
      return whileTraining(engine, layer, (x) =>
        engine.add(x, engine.randomNormal(x.shape, 0, layer.stddev as number, "float32", next())),
      );
    case "GaussianDropout":
      return whileTraining(engine, layer, (x) => {
        const rate = layer.rate as number;
        const deviation = Math.sqrt(rate / (1 - rate));
        return engine.mul(x, engine.randomNormal(x.shape, 1, deviation, "float32", next()));
      });
    case "AlphaDropout":
      return whileTraining(engine, layer, (x) => alphaDropout(engine, layer, x, next()));
    default:
      return undefined;
  }
}

function property(owner: Record<string, unknown>, key: string, next: NextSeed): Control {
  const own = owner[key];
  return {
    begin: () => {
      owner[key] = next();
    },
    restore: () => {
      owner[key] = own;
    },
  };
}

function replacement(layer: OpenLayer, key: string, value: unknown): Control {
  const own = Object.getOwnPropertyDescriptor(layer, key);
  Object.defineProperty(layer, key, { value, configurable: true, enumerable: false, writable: true });
  return {
    restore: () => {
      if (own === undefined) delete layer[key];
      else Object.defineProperty(layer, key, own);
    },
  };
}

function whileTraining(engine: Engine, layer: OpenLayer, noised: (x: Tensor) => Tensor): Control {
  const call = (inputs: Tensor | Tensor[], { training }: { training?: boolean }): Tensor =>
    engine.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const active = training === true && (layer.rate === undefined || isBetween(layer.rate as number));
      return active ? noised(x) : engine.clone(x);
    });
  return replacement(layer, "call", call);
}

function isBetween(rate: number): boolean {
  return rate > 0 && rate < 1;
}

/** Klambauer et al. 2017, self-normalizing networks: dropped units take −λα, then an affine map restores the moments. */
function alphaDropout(engine: Engine, layer: OpenLayer, x: Tensor, seed: number): Tensor {
  const rate = layer.rate as number;
  const noiseShape = (layer.noiseShape as number[] | undefined) ?? x.shape;
  const dropped = -1.6732632423543772 * 1.0507009873554805;
  const scale = ((1 - rate) * (1 + rate * dropped ** 2)) ** -0.5;
  const uniform = engine.randomUniform(noiseShape, 0, 1, "float32", seed);
  const kept = engine.cast(engine.greaterEqual(uniform, rate), "float32");
  const masked = engine.add(engine.mul(x, kept), engine.mul(engine.sub(1, kept), dropped));
  return engine.add(engine.mul(masked, scale), -scale * dropped * rate);
}
