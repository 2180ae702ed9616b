/** Joins layers by name into a graph: the functional models of tfjs-layers. */
import { type DatasetFacts, didYouMean, MillraceError } from "@millrace/core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { buildLayer, type LayerDescription, refusedBy } from "./build-layer.js";
import { seedInitialWeights } from "./initial-weights.js";
import type { Layer } from "./layer-tree.js";
import { checkExtents } from "./extents.js";

export interface Named {
  readonly name: string;
  readonly symbol: SymbolicTensor;
}

export interface Connection {
  readonly engine: Engine;
  readonly descriptions: readonly LayerDescription[];
  readonly facts: DatasetFacts;
  readonly seed: number;
  /** Takes every layer as it is made, so that a caller can free what a fault leaves behind. */
  readonly made: Layer[];
  /** What the first layer takes, and the name it goes by. */
  readonly start: Named;
  /** Names that layers of this model have already. */
  readonly taken?: ReadonlySet<string>;
  /** Layers that come before these: part of default names and of the address of weights. */
  readonly offset?: number;
}

/** The output of the last layer. @throws MillraceError MODEL_INVALID naming the layer, such as `layers[3] add`. */
export function connect(connection: Connection): SymbolicTensor {
  const { engine, descriptions, facts, seed, made, start, taken, offset = 0 } = connection;
  const outputs = new Map<string, SymbolicTensor>([[start.name, start.symbol]]);
  const unread = new Map<string, string>();
  let previous = start.name;
  for (const [position, { inputs, ...description }] of descriptions.entries()) {
    const at = position + offset;
    const place = `layers[${position}]`;
    const name = nameOf(description, at, taken);
    refuseTaken(name, place, outputs, taken);
    const sources = inputs === undefined ? [previous] : [inputs].flat();
    const symbols = sources.map((source) => outputNamed(source, outputs, place));
    for (const source of sources) unread.delete(source);
    const layer = buildLayer(engine, { ...description, name }, facts, place, symbols.length);
    made.push(layer);
    seedInitialWeights(engine, layer, seed, at);
    const label = `${place} ${description.type}`;
    const joined = refusedBy(label, () => layer.apply(symbols.length === 1 ? symbols[0] : symbols));
    checkExtents(layer, label);
    outputs.set(name, joined as SymbolicTensor);
    unread.set(name, label);
    previous = name;
  }
  unread.delete(previous);
  refuseUnread(unread);
  return outputs.get(previous) as SymbolicTensor;
}

function nameOf({ name, type }: LayerDescription, at: number, taken?: ReadonlySet<string>): string {
  if (typeof name === "string") return name;
  let free = `${type}_${at}`;
  while (taken?.has(free)) free = `${free}_new`;
  return free;
}

function refuseTaken(
  name: string,
  place: string,
  outputs: ReadonlyMap<string, unknown>,
  taken?: ReadonlySet<string>,
): void {
  if (!outputs.has(name) && !taken?.has(name)) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `${place}: each layer must have a name of its own, was "${name}" again`,
    {
      hint: 'Give it another "name".',
    },
  );
}

function outputNamed(
  name: string,
  outputs: ReadonlyMap<string, SymbolicTensor>,
  place: string,
): SymbolicTensor {
  const found = outputs.get(name);
  if (found !== undefined) return found;
  const known = [...outputs.keys()];
  throw new MillraceError(
    "MODEL_INVALID",
    `${place}: "inputs" must name layers that stand before it, was "${name}"${didYouMean(name, known)}`,
    { hint: `Before it stand ${known.join(", ")}.` },
  );
}

/** A branch that leads nowhere would train in vain. */
function refuseUnread(unread: ReadonlyMap<string, string>): void {
  for (const [name, label] of unread) {
    throw new MillraceError(
      "MODEL_INVALID",
      `${label}: its output must be read by a later layer, was by none`,
      {
        hint: `Name "${name}" in the inputs of another layer, or leave it out.`,
      },
    );
  }
}
