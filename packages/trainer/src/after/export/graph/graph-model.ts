/** A layers model as a graph model: its forward pass is traced, and each kernel becomes a node of a TensorFlow graph. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@millrace/core";
import type { InputForm } from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Engine, tensorType } from "../../../engine.js";
import { Graph, NotInGraph, shapeOf, typeOf } from "./nodes.js";
import { operations, type References } from "./operations.js";
import { type Origin, type Step, type Trace, trace } from "./trace.js";

/** Numbers of samples that are traced: what differs between the two depends on the number of samples. */
const batches = [3, 5] as const;

/**
 * Writes `folder`/model.json and weights.bin for `tf.loadGraphModel`; `inputs` are those of the model, in its order.
 * Raises NotInGraph for what it cannot hold.
 */
export async function saveGraph(
  engine: Engine,
  model: LayersModel,
  inputs: readonly InputForm[],
  folder: string,
): Promise<void> {
  const [first, second] = batches.map((samples) => traceOf(engine, model, inputs, samples));
  const graph = new Graph();
  const told: Record<string, object> = {};
  for (const [i, { name, dtype: own }] of inputs.entries()) {
    const dtype = tensorType(own);
    const shape = shapeOf([null, ...model.inputs[i].shape.slice(1)]);
    graph.nodes.push({ name, op: "Placeholder", attr: { dtype: typeOf(dtype), shape: { shape } } });
    told[name] = { name: `${name}:0`, ...typed(dtype), tensorShape: shape };
  }
  const names = inputs.map(({ name }) => name);
  write(graph, model, names, first, second);
  const signature = {
    inputs: told,
    outputs: {
      output: { name: "output:0", ...typed("float32"), tensorShape: shapeOf(model.outputs[0].shape) },
    },
  };
  const { weights, nodes } = graph;
  const manifest = {
    format: "graph-model",
    generatedBy: "Millrace",
    convertedBy: null,
    signature,
    modelTopology: { node: nodes, library: {}, versions: { producer: 1087 } },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: weights.map((weight) => ({ name: weight.name, shape: weight.shape, dtype: weight.dtype })),
      },
    ],
  };
  const arrays = weights.map(({ dtype: type, data }) =>
    type === "int32" ? Int32Array.from(data) : Float32Array.from(data),
  );
  await mkdir(folder, { recursive: true });
  await writeWhole(
    join(folder, "weights.bin"),
    arrays.map(({ buffer }) => new Uint8Array(buffer)),
  );
  await writeWhole(join(folder, "model.json"), JSON.stringify(manifest));
}

function typed(dtype: string): { readonly dtype: string } {
  return { dtype: (typeOf(dtype) as { readonly type: string }).type };
}

function traceOf(engine: Engine, model: LayersModel, inputs: readonly InputForm[], samples: number): Trace {
  const given = inputs.map(({ shape, dtype }) => engine.ones([samples, ...shape], tensorType(dtype)));
  try {
    return trace(engine, model, given);
  } finally {
    engine.dispose(given);
  }
}

function write(
  graph: Graph,
  model: LayersModel,
  inputNames: readonly string[],
  first: Trace,
  second: Trace,
): void {
  const made: string[] = [];
  const referenceTo = (origin: Origin, other: Origin): string => {
    if (origin.from === "input") return inputNames[origin.index];
    if (origin.from === "weight") return weight(graph, model, origin.name);
    if (origin.from === "kernel") {
      if (origin.index > 0) throw new NotInGraph("a kernel with several outputs");
      return made[origin.step];
    }
    const { shape, dtype, data } = origin.constant;
    const isFixed = other.from === "constant" && String(other.constant.shape) === String(shape);
    if (!isFixed) throw new NotInGraph("a constant that depends on the number of samples");
    return graph.constant(data, shape, dtype);
  };
  for (const [i, step] of first.steps.entries()) {
    const other = second.steps[i];
    const operation = operations[step.kernel];
    if (operation === undefined) throw new NotInGraph(`the operation ${step.kernel}`);
    const inputs: References = Object.fromEntries(
      Object.entries(step.inputs).map(([name, origin]) => [name, referenceTo(origin, other.inputs[name])]),
    );
    made.push(operation(graph, forAnyNumber(step, other), inputs));
  }
  graph.nodes.push({
    name: "output",
    op: "Identity",
    input: [referenceTo(first.output, second.output)],
    attr: { T: typeOf("float32") },
  });
}

function weight(graph: Graph, model: LayersModel, name: string): string {
  const variable = model.weights[Number.parseInt(name, 10)].read();
  return graph.constant(variable.dataSync(), variable.shape, variable.dtype, `weights/${name}`);
}

/** The step for any number of samples: the one extent of a shape that differs is left open. */
function forAnyNumber(step: Step, other: Step): Step {
  const differing = Object.keys(step.attributes).filter(
    (name) => JSON.stringify(step.attributes[name]) !== JSON.stringify(other.attributes[name]),
  );
  if (differing.length === 0) return step;
  const [shape, another] = [step.attributes.shape, other.attributes.shape] as number[][];
  const open = shape?.map((extent, i) => (extent === another[i] ? extent : -1));
  const isPlain = step.kernel === "Reshape" && open.filter((extent) => extent === -1).length === 1;
  if (!isPlain) throw new NotInGraph(`${step.kernel} in a way that depends on the number of samples`);
  return { ...step, attributes: { ...step.attributes, shape: open } };
}
