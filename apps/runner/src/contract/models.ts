/** TensorFlow.js for models that are tried, and what can be asked of one that it has built. */
import { type BuiltModel } from "@millrace/core/testing";
import { chooseDevice, type CodeModel, type Engine, loadEngine } from "@millrace/trainer";

/** On plain JavaScript: every machine has it. */
export async function tfjsLibrary(): Promise<Engine> {
  const engine = await loadEngine();
  await chooseDevice(engine, "cpu");
  return engine;
}

/** Of a LayersModel, or a model in code that is asked about one sample of zeros. */
export function builtModel(engine: Engine, built: unknown, shape: readonly number[]): BuiltModel {
  if (isCode(built)) {
    const output = built.forward(engine.zeros([1, ...shape]), built.variables, { training: false, seed: 0 });
    const weights = Object.values(built.variables).map((variable) => variable.dataSync());
    return { outputShape: output.shape.slice(1), weights };
  }
  const model = built as ReturnType<Engine["sequential"]>;
  const outputShape = model.outputs[0].shape.slice(1);
  return { outputShape, weights: model.getWeights().map((weight) => weight.dataSync()) };
}

function isCode(built: unknown): built is CodeModel {
  const { forward, variables } = (built ?? {}) as Partial<CodeModel>;
  return typeof forward === "function" && typeof variables === "object";
}
