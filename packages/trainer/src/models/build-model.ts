/** From a model definition to a model that can be trained. */
import { MillraceError, type ModelDefinition } from "@millrace/core";
import type { ModelInput } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { asLayersModel, type CodeModel, isCodeModel } from "./code-model.js";

export interface BuiltModel {
  readonly model: LayersModel;
  /** The model's own loss, instead of the trainer's. */
  readonly loss?: CodeModel["loss"];
}

/** The caller disposes of the model. @throws MillraceError MODEL_INVALID. */
export async function buildModel(
  engine: Engine,
  definition: ModelDefinition,
  input: ModelInput,
  seed: number,
): Promise<BuiltModel> {
  if (definition.engine !== "tfjs") {
    throw new MillraceError(
      "MODEL_INVALID",
      `the model's engine must be "tfjs", was "${definition.engine}"`,
      { hint: "Take a trainer for that engine, or a model for this one, such as layers." },
    );
  }
  const built = await definition.build(engine, input, seed);
  if (isCodeModel(built)) {
    const loss = built.loss?.bind(built);
    return { model: asLayersModel(engine, built, input), ...(loss && { loss }) };
  }
  if (!(built instanceof engine.LayersModel)) {
    throw new MillraceError(
      "MODEL_INVALID",
      "a model definition for tfjs must build a LayersModel or a CodeModel, did not",
      { hint: "Return what engine.sequential() or engine.model() makes, or { variables, forward }." },
    );
  }
  if (built.inputs.length === 1 && built.outputs.length === 1) return { model: built };
  throw new MillraceError(
    "MODEL_INVALID",
    `a model must have one input and one output, had ${built.inputs.length} and ${built.outputs.length}`,
  );
}
