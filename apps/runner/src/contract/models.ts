/** TensorFlow.js for models that are tried, and what can be asked of one that it has built. */
import { MillraceError } from "@millrace/core";
import { kindOf } from "@millrace/core/dataloader";
import type { ModelInput } from "@millrace/core/spec";
import type { BuiltModel } from "@millrace/core/testing";
import { chooseDevice, type CodeModel, type Engine, loadEngine } from "@millrace/trainer";

/** On plain JavaScript: every machine has it. */
export async function tfjsLibrary(): Promise<Engine> {
  const engine = await loadEngine();
  await chooseDevice(engine, "cpu");
  return engine;
}

/**
 * Of a LayersModel, or a model in code that is asked about one sample of zeros.
 * @throws MillraceError MODEL_INVALID for what is neither, or takes no such sample
 */
export function builtModel(engine: Engine, built: unknown, input: ModelInput): BuiltModel {
  if (isCode(built)) {
    const weights = Object.values(built.variables).map((variable) => variable.dataSync());
    return { outputShape: shapeMade(engine, built, input).slice(1), weights };
  }
  if (!(built instanceof engine.LayersModel)) {
    throw new MillraceError(
      "MODEL_INVALID",
      "build must return a LayersModel or { variables, forward }, did not",
      {
        hint: "Return what tf.sequential() or tf.model() makes, or variables and a forward pass.",
      },
    );
  }
  const outputShape = built.outputs[0].shape.slice(1);
  return { outputShape, weights: built.getWeights().map((weight) => weight.dataSync()) };
}

/** Element types that reach a model as whole numbers. */
const asInt32: ReadonlySet<string> = new Set(["int8", "int16", "uint16", "int32", "uint32"]);

function shapeMade(engine: Engine, code: CodeModel, { shape, dtype }: ModelInput): number[] {
  const zeros = engine.zeros([1, ...shape], asInt32.has(dtype) ? "int32" : "float32");
  let made: unknown;
  try {
    made = code.forward(zeros, code.variables, { training: false, seed: 0 });
  } catch (error) {
    throw MillraceError.from(
      error,
      "MODEL_INVALID",
      `forward failed for zeros of shape [1, ${shape.join(", ")}]`,
    );
  }
  if (made instanceof engine.Tensor) return made.shape;
  // What it rejects with later is of no use to anybody.
  if (made instanceof Promise) made.catch(() => undefined);
  throw new MillraceError("MODEL_INVALID", `forward must return a tensor, was ${kindOf(made)}`);
}

function isCode(built: unknown): built is CodeModel {
  const { forward, variables } = (built ?? {}) as Partial<CodeModel>;
  return typeof forward === "function" && typeof variables === "object";
}
