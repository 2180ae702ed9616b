/** Makes one tfjs layer from its description in a spec. */
import { type DatasetFacts, didYouMean, MillraceError, messageOf } from "@millrace/core";
import type { Engine } from "../engine.js";
import { constructWatched, resolveFacts } from "./arguments.js";
import type { Layer } from "./layer-tree.js";

/** A layer as a spec states it: `type` is the name of its factory in tfjs-layers, the rest are its arguments. */
export interface LayerDescription {
  readonly type: string;
  readonly name?: string | undefined;
  /** Names of the layers whose outputs it takes; the one before it if absent. */
  readonly inputs?: string | readonly string[] | undefined;
  readonly [argument: string]: unknown;
}

type Factory = (args: Record<string, unknown>) => Layer;

/** Layers that join several inputs. */
const merging = new Set(["add", "average", "concatenate", "dot", "maximum", "minimum", "multiply"]);
/** Arguments that are layers themselves. */
const nested = new Set(["layer", "cell", "cells"]);

/** Every layer type: tfjs-layers' factories by their own names. */
export function layerTypes(engine: Engine): string[] {
  return Object.keys(engine.layers).filter((name) => /^[a-z]/.test(name) && name !== "input");
}

/**
 * Raises MODEL_INVALID, naming `place`, for an unknown type, an unknown argument or one that tfjs refuses. `inputs` is
 * how many outputs of other layers it will take.
 */
export function buildLayer(
  engine: Engine,
  description: LayerDescription,
  facts: DatasetFacts,
  place: string,
  inputs = 1,
): Layer {
  const { type, ...given } = description;
  const factory = factoryOf(engine, type, place, inputs);
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    args[key] = nested.has(key)
      ? buildNested(engine, value, facts, `${place}.${key}`)
      : resolveFacts(value, facts, `${place}.${key}`);
  }
  const { made, unread, read } = refusedBy(`${place} ${type}`, () => constructWatched(factory, args));
  if (unread.length === 0) return made;
  throw new MillraceError(
    "MODEL_INVALID",
    `${place} ${type}: every argument must be one that the layer knows, was "${unread[0]}"${didYouMean(unread[0], read)}`,
    { hint: "Take arguments from the TensorFlow.js documentation of the layer." },
  );
}

/** Runs `act`; what tfjs throws becomes MODEL_INVALID that starts with `place`. */
export function refusedBy<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError("MODEL_INVALID", `${place}: ${messageOf(error).split("\n")[0]}`, {
      cause: error,
    });
  }
}

function factoryOf(engine: Engine, type: string, place: string, inputs: number): Factory {
  const known = layerTypes(engine);
  if (!known.includes(type)) {
    throw new MillraceError(
      "MODEL_INVALID",
      `${place}: "type" must be a layer of tfjs-layers, was "${type}"${didYouMean(type, known)}`,
      { hint: `Known layers: ${known.join(", ")}.` },
    );
  }
  if (merging.has(type) && inputs < 2) {
    throw new MillraceError("MODEL_INVALID", `${place}: "${type}" joins several inputs, was given one`, {
      hint: 'Name the layers to be joined: "inputs": ["left", "right"].',
    });
  }
  if (type.endsWith("Cell") && !place.includes(".cell")) {
    throw new MillraceError("MODEL_INVALID", `${place}: "${type}" works inside of a recurrent layer only`, {
      hint: 'Make it the "cell" of an rnn layer.',
    });
  }
  return engine.layers[type as keyof Engine["layers"]] as unknown as Factory;
}

function buildNested(engine: Engine, value: unknown, facts: DatasetFacts, place: string): unknown {
  if (Array.isArray(value)) return value.map((item, i) => buildNested(engine, item, facts, `${place}[${i}]`));
  const description = value as Partial<LayerDescription> | null | undefined;
  if (typeof description?.type === "string") {
    return buildLayer(engine, description as LayerDescription, facts, place);
  }
  throw new MillraceError(
    "MODEL_INVALID",
    `${place}: must be a layer with a "type", was ${JSON.stringify(value)}`,
  );
}
