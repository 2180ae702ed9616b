/** Makes tfjs layers from their descriptions in a spec. */
import { type DatasetFacts, didYouMean, MillraceError } from "@millrace/core";
import type { Engine } from "../engine.js";
import { argumentFaults } from "./argument-rules.js";
import { constructWatched, resolveArgument } from "./arguments.js";
import type { Layer } from "./layer-tree.js";
import { layerFault, type Place, setPlace, type SpecPath } from "./spec-path.js";

/** A layer as a spec states it: `type` is the name of its factory in tfjs-layers, the rest are its arguments. */
export interface LayerDescription {
  readonly type: string;
  readonly name?: string | undefined;
  /** Names of the layers whose outputs it takes; the one before it if absent. */
  readonly inputs?: string | readonly string[] | undefined;
  readonly [argument: string]: unknown;
}

export interface LayerPlan {
  /** Without `inputs`. */
  readonly description: LayerDescription;
  readonly path: SpecPath;
  /** How many outputs of other layers it will take. */
  readonly inputs: number;
}

/** What a fault of several layers begins with. */
export const modelFaults = "the model has several faults:";

type Factory = (args: Record<string, unknown>) => Layer;

/** Layers that join several inputs. */
const merging = new Set(["add", "average", "concatenate", "dot", "maximum", "minimum", "multiply"]);
/** How many inputs other layers take that take more than one: the least and the most, and what they are. */
const roles: Readonly<Record<string, readonly [number, number, string]>> = {
  applyMask: [2, 2, "a sequence and its mask"],
  multiHeadAttention: [1, 3, "a sequence, or queries, what they look at, and the mask of that"],
  positionEmbedding: [1, 2, "a sequence, and its positions where rows are packed"],
};
/** Arguments that are layers themselves. */
const nested = new Set(["layer", "cell", "cells"]);

/** Every layer type: tfjs-layers' factories by their own names. */
export function layerTypes(engine: Engine): string[] {
  return Object.keys(engine.layers).filter((name) => /^[a-z]/.test(name) && name !== "input");
}

/**
 * Makes every layer, or raises MODEL_INVALID with all that is wrong with any of them: unknown types, unknown, missing
 * and impossible arguments, facts that the data has not. `earlier` faults come first; `made` takes layers as they are
 * made, so that a caller can free what a fault leaves behind.
 */
export function buildAll(
  engine: Engine,
  plans: readonly LayerPlan[],
  facts: DatasetFacts,
  made: Layer[],
  earlier: readonly MillraceError[] = [],
): Layer[] {
  const faults = [...earlier];
  const layers = plans.flatMap((plan) => {
    const built = attempt(engine, plan, facts);
    if (Array.isArray(built)) {
      faults.push(...built);
      return [];
    }
    made.push(built);
    return [built];
  });
  if (faults.length > 0) throw MillraceError.several(faults, modelFaults);
  return layers;
}

/** The layer, or why it cannot be made. */
function attempt(
  engine: Engine,
  { description, path, inputs }: LayerPlan,
  facts: DatasetFacts,
): Layer | MillraceError[] {
  const { type, ...given } = description;
  const place = { path, type };
  const wrongType = typeFault(engine, place, inputs);
  if (wrongType !== undefined) return [wrongType];
  const faults: MillraceError[] = [];
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    try {
      args[key] = nested.has(key)
        ? buildNested(engine, value, facts, { ...place, name: description.name }, [key])
        : resolveArgument(value, facts, place, [key]);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      faults.push(...(error.faults.length > 0 ? error.faults : [error]));
    }
  }
  const known = new Set(faults.map((fault) => String(fault.path?.[path.length])));
  for (const { argument, message } of argumentFaults(engine, type, args)) {
    if (!known.has(argument)) faults.push(layerFault(place, `${argument} ${message}`, { at: [argument] }));
  }
  return faults.length > 0 ? faults : construct(engine, place, args);
}

function construct(
  engine: Engine,
  place: Place,
  args: Readonly<Record<string, unknown>>,
): Layer | MillraceError[] {
  const factory = engine.layers[place.type as keyof Engine["layers"]] as unknown as Factory;
  try {
    const { made, unread, read } = constructWatched(factory, args);
    setPlace(made, place);
    if (unread.length === 0) return made;
    return unread.map((argument) =>
      layerFault(
        place,
        `every argument must be one that the layer knows, was "${argument}"${didYouMean(argument, read)}`,
        { at: [argument], hint: "Take arguments from the TensorFlow.js documentation of the layer." },
      ),
    );
  } catch (cause) {
    return [refused(place, "cannot be made of these arguments", cause)];
  }
}

/** What tfjs refuses in words of its own, which stand in the error's cause. */
export function refused(place: Place, message: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  return layerFault(place, message, {
    hint: "Compare the layer with the TensorFlow.js documentation.",
    cause,
  });
}

function typeFault(engine: Engine, place: Place, inputs: number): MillraceError | undefined {
  const { type, path } = place;
  const known = layerTypes(engine);
  if (!known.includes(type)) {
    return layerFault(
      place,
      `"type" must be a layer of tfjs-layers, was "${type}"${didYouMean(type, known)}`,
      {
        at: ["type"],
        hint: `Known layers: ${known.join(", ")}.`,
      },
    );
  }
  const [least, most, what] = roles[type] ?? [];
  if (least !== undefined && most !== undefined) {
    if (inputs >= least && inputs <= most) return undefined;
    return layerFault(
      place,
      `"${type}" takes ${what}, was given ${inputs === 1 ? "one input" : `${inputs} inputs`}`,
      {
        at: ["inputs"],
        hint: 'Name them in that order: "inputs": ["embedded", "attentionMask"].',
      },
    );
  }
  if (merging.has(type) && inputs < 2) {
    return layerFault(place, `"${type}" joins several inputs, was given one`, {
      hint: 'Name the layers to be joined: "inputs": ["left", "right"].',
    });
  }
  if (!merging.has(type) && inputs > 1) {
    return layerFault(place, `"${type}" takes one input, was given ${inputs}`, {
      at: ["inputs"],
      hint: "Join them first, with add or concatenate.",
    });
  }
  if (type.endsWith("Cell") && !path.includes("cell") && !path.includes("cells")) {
    return layerFault(place, `"${type}" works inside of a recurrent layer only`, {
      hint: 'Make it the "cell" of an rnn layer.',
    });
  }
  return undefined;
}

function buildNested(
  engine: Engine,
  value: unknown,
  facts: DatasetFacts,
  place: Place & { readonly name?: unknown },
  at: SpecPath,
): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => buildNested(engine, item, facts, place, [...at, i]));
  }
  const description = value as Partial<LayerDescription> | null | undefined;
  if (typeof description?.type !== "string") {
    const what = `must be a layer with a "type", was ${JSON.stringify(value)}`;
    throw layerFault(place, `${at.join(".")} ${what}`, { at });
  }
  const path = [...place.path, ...at];
  // tfjs would number it by what the process has built before, and its weights with it.
  const name = [place.name, description.type, ...at.slice(1)].join("_");
  const named = { ...(place.name !== undefined && { name }), ...(description as LayerDescription) };
  const built = attempt(engine, { description: named, path, inputs: 1 }, facts);
  if (Array.isArray(built)) throw MillraceError.several(built, modelFaults);
  return built;
}
