/** A model in code: variables, a forward pass and, if it has one of its own, a loss. */
import { MillraceError } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Engine, tensorType } from "../engine.js";
import type { Layer } from "./layer-tree.js";

export type Variables = Readonly<Record<string, Tensor>>;

export interface ForwardContext {
  /** True in a training step: what dropout and batch statistics depend on. */
  readonly training: boolean;
  /** For random operations: a function of the run's seed and the step. */
  readonly seed: number;
}

/**
 * What a model plugin's `build` may return where no list of layers says what it means. It is a pure function of its
 * variables, which the trainer keeps, changes, saves and restores:
 *
 *     build: (tf, { shape }, seed) => ({
 *       variables: { weight: tf.randomNormal([shape[0], 2], 0, 0.1, "float32", seed), bias: tf.zeros([2]) },
 *       forward: (input, { weight, bias }) => tf.add(tf.matMul(input, weight), bias),
 *     })
 */
export interface CodeModel {
  /** Initial values by name; the trainer takes them over. */
  readonly variables: Variables;
  /** Names of those that training does not change. */
  readonly frozen?: readonly string[];
  /** `input` has shape [samples, …]; the result has shape [samples, …outputs], as the trainer's loss wants them. */
  forward(input: Tensor, variables: Variables, context: ForwardContext): Tensor;
  /** The loss of each sample, shape [samples], instead of the trainer's; that one's name still chooses the metrics. */
  loss?(outputs: Tensor, target: Tensor): Tensor;
}

/** The class that saved models name; only the plugin that made one can make it again. */
export const codeModelClass = "MillraceCode";

export function isCodeModel(value: unknown): value is CodeModel {
  const model = value as Partial<CodeModel> | null;
  return (
    typeof model === "object" &&
    model !== null &&
    typeof model.forward === "function" &&
    typeof model.variables === "object"
  );
}

/** The model as tfjs-layers see it: one layer that holds the variables. @throws MillraceError MODEL_INVALID. */
export function asLayersModel(engine: Engine, code: CodeModel, input: ModelInput): LayersModel {
  const held = new Map<string, { read(): Tensor }>();
  const variables = (): Variables =>
    Object.fromEntries([...held].map(([name, weight]) => [name, weight.read()]));
  const outputShape = shapeOf(engine, code, input);
  class Code extends engine.layers.Layer {
    static readonly className = codeModelClass;
    /** Set anew for each step by the noise of the run. */
    seed = 0;
    override build(): void {
      for (const [name, value] of Object.entries(code.variables)) {
        const initializer = { apply: () => engine.clone(value) } as never;
        const trainable = !(code.frozen?.includes(name) ?? false);
        held.set(name, this.addWeight(name, value.shape, value.dtype, initializer, undefined, trainable));
      }
    }
    override computeOutputShape(): (number | null)[] {
      return [null, ...outputShape.slice(1)];
    }
    override call(inputs: Tensor | Tensor[], { training }: { training?: boolean }): Tensor {
      const batch = Array.isArray(inputs) ? inputs[0] : inputs;
      return code.forward(batch, variables(), { training: training === true, seed: this.seed });
    }
  }
  const start = engine.input({ name: "input", shape: [...input.shape] });
  const layer: Layer = new Code({ name: "code" });
  try {
    return engine.model({ inputs: start, outputs: layer.apply(start) as typeof start, name: "model" });
  } finally {
    engine.dispose(code.variables);
  }
}

function shapeOf(engine: Engine, code: CodeModel, { shape, dtype }: ModelInput): number[] {
  const stray = code.frozen?.find((name) => !Object.hasOwn(code.variables, name));
  if (stray !== undefined) {
    throw new MillraceError("MODEL_INVALID", `frozen must name variables of the model, was "${stray}"`);
  }
  const made = engine.tidy(() => {
    const output = code.forward(engine.zeros([1, ...shape], tensorType(dtype)), code.variables, {
      training: false,
      seed: 0,
    });
    return output.shape;
  });
  if (made[0] === 1) return made;
  throw new MillraceError(
    "MODEL_INVALID",
    `forward must return [samples, …], was [${made.join(", ")}] for one sample`,
  );
}
