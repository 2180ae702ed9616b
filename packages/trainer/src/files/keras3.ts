/** Models that Keras 3 saved, in the form of Keras 2, which is the one that tfjs-layers reads. */
import type { io } from "@tensorflow/tfjs-core";

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a model.json's topology says that Keras 3 wrote it. */
export function isKeras3(topology: unknown): boolean {
  return isObject(topology) && String(topology.keras_version).startsWith("3.");
}

/** The topology in the words of Keras 2; what is the same in both stays as it is. */
export function fromKeras3(topology: unknown): unknown {
  if (Array.isArray(topology)) return topology.map(fromKeras3);
  if (!isObject(topology)) return topology;
  if (topology.class_name === "DTypePolicy") return (topology.config as Json | undefined)?.name;
  const made: Json = {};
  for (const [key, value] of Object.entries(topology)) {
    if (key === "module" || key === "registered_name" || key === "build_config") continue;
    if (key === "batch_shape") made.batch_input_shape = value;
    else if (key === "inbound_nodes") made[key] = nodesOf(value);
    else if (key === "input_layers" || key === "output_layers") made[key] = ends(value);
    else made[key] = fromKeras3(value);
  }
  return made;
}

/** Keras 3 puts the name of the model before that of the layer. */
export function namedAsKeras2(
  specs: readonly io.WeightsManifestEntry[],
  topology: unknown,
): io.WeightsManifestEntry[] {
  const names = new Set(layerNames(topology));
  return specs.map((spec) => {
    const parts = spec.name.split("/");
    const at = parts.findLastIndex((part, i) => i < parts.length - 1 && names.has(part));
    return { ...spec, name: parts.slice(Math.max(at, 0)).join("/") };
  });
}

/** `[{ args: [tensor, …], kwargs }]` becomes `[[[layer, node, tensor, {}], …]]`. */
function nodesOf(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every((node) => isObject(node) && "args" in node)) return value;
  return value.map((node: Json) => [...histories(node.args)].map((history) => [...history, {}]));
}

function* histories(value: unknown): Generator<unknown[]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* histories(item);
  } else if (isObject(value) && value.class_name === "__keras_tensor__") {
    yield (value.config as Json).keras_history as unknown[];
  }
}

/** One end stands without a list around it. */
function ends(value: unknown): unknown {
  return Array.isArray(value) && typeof value[0] === "string" ? [value] : value;
}

/** Of layers, not of the models that hold them. */
function* layerNames(topology: unknown): Generator<string> {
  if (Array.isArray(topology)) {
    for (const item of topology) yield* layerNames(item);
  } else if (isObject(topology)) {
    const config = topology.config;
    const isModel = isObject(config) && Array.isArray(config.layers);
    if (isObject(config) && !isModel && typeof config.name === "string") yield config.name;
    for (const value of Object.values(topology)) yield* layerNames(value);
  }
}
