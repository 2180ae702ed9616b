/** Joins layers by name into a graph: the functional models of tfjs-layers. */
import { type DatasetFacts, didYouMean, MillraceError } from "@millrace/core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import { buildAll, type LayerDescription, modelFaults } from "./build-layer.js";
import { seedInitialWeights } from "./initial-weights.js";
import { joined } from "./join.js";
import type { Layer } from "./layer-tree.js";
import { layerFault, type Place } from "./spec-path.js";

export interface Named {
  readonly name: string;
  readonly symbol: SymbolicTensor;
}

export interface Connection {
  readonly engine: Engine;
  readonly descriptions: readonly LayerDescription[];
  /** The option that holds them; `layers` if not given. */
  readonly option?: string;
  readonly facts: DatasetFacts;
  readonly seed: number;
  /** Takes every layer as it is made, so that a caller can free what a fault leaves behind. */
  readonly made: Layer[];
  /** The inputs, and the names they go by; where there is one, the first layer takes it unasked. */
  readonly starts: readonly Named[];
  /** Names that layers of this model have already. */
  readonly taken?: ReadonlySet<string>;
  /** Layers that come before these: part of default names and of the address of weights. */
  readonly offset?: number;
}

/** A layer and the names of those it takes from. */
interface Node extends Place {
  readonly name: string;
  readonly sources: readonly string[];
  readonly description: LayerDescription;
}

/** The output of the last layer. @throws MillraceError MODEL_INVALID naming the layer, or every one that is wrong. */
export function connect(connection: Connection): SymbolicTensor {
  const { engine, facts, seed, made, starts, offset = 0 } = connection;
  const nodes = nodesOf(connection);
  const plans = nodes.map(({ description, path, sources }) => ({
    description,
    path,
    inputs: Math.max(sources.length, 1),
  }));
  const layers = buildAll(engine, plans, facts, made, nameFaults(nodes, connection));
  const unread = nodes.slice(0, -1).filter(({ name }) => !isRead(name, nodes));
  // A branch that leads nowhere would train in vain.
  const faults = [...unread.map(neverRead), ...unreadInputs(nodes, connection)];
  if (faults.length > 0) throw MillraceError.several(faults, modelFaults);
  const outputs = new Map(starts.map(({ name, symbol }) => [name, symbol]));
  for (const [position, { name, sources }] of nodes.entries()) {
    const layer = layers[position];
    const symbols = sources.map((source) => outputs.get(source) as SymbolicTensor);
    seedInitialWeights(engine, layer, seed, position + offset);
    const shapes = symbols.map(({ shape }) => shape);
    const output = joined(layer, shapes, () => layer.apply(symbols.length === 1 ? symbols[0] : symbols));
    outputs.set(name, output as SymbolicTensor);
  }
  return outputs.get(nodes[nodes.length - 1].name) as SymbolicTensor;
}

function nodesOf({ descriptions, option = "layers", starts, taken, offset = 0 }: Connection): Node[] {
  let previous = starts.length === 1 ? [starts[0].name] : [];
  return descriptions.map(({ inputs, ...description }, position) => {
    const { type } = description;
    const name = nameOf(description, position + offset, taken);
    const sources = inputs === undefined ? previous : [inputs].flat();
    previous = [name];
    return { type, path: [option, position], name, sources, description: { ...description, name } };
  });
}

function nameOf({ name, type }: LayerDescription, at: number, taken?: ReadonlySet<string>): string {
  if (typeof name === "string") return name;
  let free = `${type}_${at}`;
  while (taken?.has(free)) free = `${free}_new`;
  return free;
}

function nameFaults(nodes: readonly Node[], { starts, taken }: Connection): MillraceError[] {
  const known = starts.map(({ name }) => name);
  return nodes.flatMap((node) => {
    const { name, sources } = node;
    const own = known.includes(name) || taken?.has(name) === true ? [nameTaken(node, name)] : [];
    const stray = sources.filter((source) => !known.includes(source));
    const faults = stray.map((source) => unknownInput(node, source, known, nodes));
    const open = sources.length === 0 ? [undecided(node, known)] : [];
    known.push(name);
    return [...own, ...open, ...faults];
  });
}

export function nameTaken(place: Place, name: string): MillraceError {
  return layerFault(place, `each layer must have a name of its own, was "${name}" again`, {
    at: ["name"],
    hint: 'Give it another "name".',
  });
}

function undecided(place: Place, known: readonly string[]): MillraceError {
  return layerFault(place, `the first layer must name which of the inputs it takes: ${known.join(", ")}`, {
    hint: `Such as "inputs": "${known[0]}".`,
  });
}

/** An input that no layer reads would be loaded in vain; where there is one, the first layer reads it. */
function unreadInputs(nodes: readonly Node[], { starts, option = "layers" }: Connection): MillraceError[] {
  if (starts.length === 1) return [];
  return starts
    .filter(({ name }) => !isRead(name, nodes))
    .map(
      ({ name }) =>
        new MillraceError("MODEL_INVALID", `every input must be read by a layer, was not: "${name}"`, {
          hint: `Name it in the inputs of a layer, or leave it out of the trainer's option \`input\`.`,
          path: [option],
        }),
    );
}

function unknownInput(
  node: Node,
  source: string,
  known: readonly string[],
  nodes: readonly Node[],
): MillraceError {
  const at = ["inputs"];
  const hint = `Before it stand ${known.join(", ")}.`;
  const rule = '"inputs" must name layers that stand before it';
  const later = nodes.find(({ name }) => name === source);
  if (later === undefined) {
    return layerFault(node, `${rule}, was "${source}"${didYouMean(source, known)}`, { at, hint });
  }
  const why = waitsFor(later, node, nodes) ? "which waits for this one: a cycle" : "which stands after it";
  return layerFault(node, `${rule}, was "${source}", ${why}`, { at, hint });
}

/** Whether what a layer takes comes, over whatever way, from `node`. */
function waitsFor(later: Node, node: Node, nodes: readonly Node[], seen = new Set<Node>()): boolean {
  if (later === node) return true;
  if (seen.has(later)) return false;
  seen.add(later);
  return nodes.some((each) => later.sources.includes(each.name) && waitsFor(each, node, nodes, seen));
}

function isRead(name: string, nodes: readonly Node[]): boolean {
  return nodes.some(({ sources }) => sources.includes(name));
}

function neverRead(node: Node): MillraceError {
  return layerFault(node, "its output must be read by a later layer, was by none", {
    hint: `Name "${node.name}" in the inputs of another layer, or leave it out.`,
  });
}
