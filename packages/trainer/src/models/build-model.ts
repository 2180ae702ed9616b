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

/** The caller disposes of the model. @throws MillraceError MODEL_INVALID, with its path from the spec's root. */
export async function buildModel(
  engine: Engine,
  definition: ModelDefinition,
  input: ModelInput,
  seed: number,
): Promise<BuiltModel> {
  const built = await buildBy(definition, engine, input, seed);
  try {
    return modelOf(engine, built, input);
  } catch (error) {
    throw error instanceof MillraceError && error.path === undefined ? error.within("model", "with") : error;
  }
}

async function buildBy(
  definition: ModelDefinition,
  engine: Engine,
  input: ModelInput,
  seed: number,
): Promise<unknown> {
  try {
    if (definition.engine === "tfjs") return await definition.build(engine, input, seed);
  } catch (error) {
    const fault = MillraceError.from(error, "MODEL_INVALID", "the model cannot be built");
    throw fault.within("model", "with");
  }
  throw new MillraceError("MODEL_INVALID", `the model's engine must be "tfjs", was "${definition.engine}"`, {
    hint: "Take a trainer for that engine, or a model for this one, such as layers.",
    path: ["model", "with"],
  });
}

function modelOf(engine: Engine, built: unknown, input: ModelInput): BuiltModel {
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
  if (built.outputs.length === 1) return { model: built };
  throw new MillraceError("MODEL_INVALID", `a model must have one output, had ${built.outputs.length}`);
}
