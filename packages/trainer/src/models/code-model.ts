/** A model in code: variables, a forward pass and, if it has one of its own, a loss. */
import { MillraceError } from "@millrace/core";
import { kindOf } from "@millrace/core/dataloader";
import type { InputForm, ModelInput } from "@millrace/core/spec";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { type Engine, tensorType } from "../engine.js";
import type { Layer } from "./layer-tree.js";
import { checkInputNames } from "./model-inputs.js";

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
 *
 * A model of several inputs states which fields it takes, as `inputs`, and is given them by name.
 */
export interface CodeModel extends CodeModelParts {
  readonly inputs?: undefined;
  /** `input` has shape [samples, …]; the result has shape [samples, …outputs], as the trainer's loss wants them. */
  forward(input: Tensor, variables: Variables, context: ForwardContext): Tensor;
}

/** The same of a model that takes several fields, which the trainer's option `input` lists. */
export interface NamedInputsCodeModel extends CodeModelParts {
  /** The fields that it takes. */
  readonly inputs: readonly string[];
  /** `inputs` are by name, each of shape [samples, …]; the result has shape [samples, …outputs]. */
  forward(inputs: Readonly<Record<string, Tensor>>, variables: Variables, context: ForwardContext): Tensor;
}

/** What both have. */
export interface CodeModelParts {
  /** Initial values by name; the trainer takes them over. */
  readonly variables: Variables;
  /** Names of those that training does not change. */
  readonly frozen?: readonly string[];
  /** The loss of each sample, shape [samples], instead of the trainer's; that one's name still chooses the metrics. */
  loss?(outputs: Tensor, target: Tensor): Tensor;
}

type AnyCodeModel = CodeModel | NamedInputsCodeModel;

/** The class that saved models name; only the plugin that made one can make it again. */
export const codeModelClass = "MillraceCode";

export function isCodeModel(value: unknown): value is AnyCodeModel {
  const model = value as Partial<CodeModel> | null;
  return (
    typeof model === "object" &&
    model !== null &&
    typeof model.forward === "function" &&
    typeof model.variables === "object"
  );
}

/** The model as tfjs-layers see it: one layer that holds the variables. @throws MillraceError MODEL_INVALID. */
export function asLayersModel(engine: Engine, code: AnyCodeModel, input: ModelInput): LayersModel {
  try {
    return layersModelOf(engine, code, input);
  } finally {
    engine.dispose(code.variables);
  }
}

function layersModelOf(engine: Engine, code: AnyCodeModel, input: ModelInput): LayersModel {
  const forms = formsOf(code, input);
  const held = new Map<string, { read(): Tensor }>();
  const variables = (): Variables =>
    Object.fromEntries([...held].map(([name, weight]) => [name, weight.read()]));
  const outputShape = shapeOf(engine, code, forms);
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
      const given = Array.isArray(inputs) ? inputs : [inputs];
      return run(code, forms, given, variables(), { training: training === true, seed: this.seed });
    }
  }
  const starts = forms.map(({ name, shape, dtype }) =>
    engine.input({ name, shape: [...shape], dtype: tensorType(dtype) }),
  );
  const layer: Layer = new Code({ name: "code" });
  const outputs = layer.apply(starts.length === 1 ? starts[0] : starts) as SymbolicTensor;
  return engine.model({ inputs: starts, outputs, name: "model" });
}

/** The inputs in the order in which the layer has them; one that is not known by name is called input. */
function formsOf(
  { inputs: taken }: AnyCodeModel,
  { shape, dtype, inputs }: ModelInput,
): readonly InputForm[] {
  const single = [{ name: "input", shape, dtype }];
  if (taken === undefined) {
    if (inputs !== undefined && inputs.length > 1) checkInputNames(["input"], inputs.map(nameOf));
    return single;
  }
  if (inputs === undefined && taken.length === 1) return [{ ...single[0], name: taken[0] }];
  checkInputNames(taken, inputs?.map(nameOf) ?? []);
  return inputs ?? single;
}

function nameOf({ name }: InputForm): string {
  return name;
}

function run(
  code: AnyCodeModel,
  forms: readonly InputForm[],
  given: readonly Tensor[],
  variables: Variables,
  context: ForwardContext,
): Tensor {
  if (code.inputs === undefined) return code.forward(given[0], variables, context);
  const named = Object.fromEntries(forms.map(({ name }, i) => [name, given[i]]));
  return code.forward(named, variables, context);
}

/** Faults of the model's own are named by it. */
function shapeMade(forward: () => unknown): number[] {
  let made: unknown;
  try {
    made = forward();
  } catch (error) {
    throw MillraceError.from(error, "MODEL_INVALID", "forward failed for one sample of zeros");
  }
  const { shape } = Object(made) as { readonly shape?: unknown };
  if (Array.isArray(shape)) return shape;
  throw new MillraceError("MODEL_INVALID", `forward must return a tensor, was ${kindOf(made)}`);
}

function shapeOf(engine: Engine, code: AnyCodeModel, forms: readonly InputForm[]): number[] {
  const stray = code.frozen?.find((name) => !Object.hasOwn(code.variables, name));
  if (stray !== undefined) {
    throw new MillraceError("MODEL_INVALID", `frozen must name variables of the model, was "${stray}"`);
  }
  const made = engine.tidy(() => {
    const inputs = forms.map(({ shape, dtype }) => engine.zeros([1, ...shape], tensorType(dtype)));
    return shapeMade(() => run(code, forms, inputs, code.variables, { training: false, seed: 0 }));
  });
  if (made[0] === 1) return made;
  throw new MillraceError(
    "MODEL_INVALID",
    `forward must return [samples, …], was [${made.join(", ")}] for one sample`,
  );
}
