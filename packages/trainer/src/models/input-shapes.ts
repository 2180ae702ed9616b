/** The shapes that a model of layers states for its inputs: open where batches that are padded differ in length. */
import type { ModelInput } from "@millrace/core/spec";
import type { LayerDescription } from "./build-layer.js";

export type Shape = readonly (number | null)[];

/** An input by the name that layers call it. */
export interface NamedShape {
  readonly name: string;
  readonly shape: Shape;
}

/** An input, and the layers that take it. */
interface Taken extends NamedShape {
  readonly takers: readonly LayerDescription[];
}

const recurrent = ["bidirectional", "gru", "lstm", "masking", "rnn", "simpleRNN", "timeDistributed"];

/** The input's name where no list of the trainer's says another. */
const single = "input";

/**
 * The shapes to be tried, one after the other; the last are those that the data has, or that layers state. An embedding
 * or a recurrent layer need not know the length of a sequence; nor need, beside it, what is as long.
 */
export function inputShapes(
  layers: readonly LayerDescription[],
  {
    shape,
    inputs = [{ name: single, shape }],
  }: Pick<ModelInput, "shape"> & {
    readonly inputs?: readonly NamedShape[] | undefined;
  },
): (readonly NamedShape[])[] {
  const taken = inputs.map((input): Taken => ({ ...input, takers: takersOf(input, layers, inputs) }));
  const given = taken.map(({ name, shape: own, takers }) => ({ name, shape: statedBy(takers) ?? own }));
  const opened = taken.map(openShape);
  const lengths = new Set(taken.filter((_, i) => opened[i] !== undefined).map((each) => each.shape[0]));
  if (lengths.size === 0) return [given];
  const alone = given.map((each, i) => ({ ...each, shape: opened[i] ?? each.shape }));
  const beside = alone.map((each, i) => {
    const isAsLong = opened[i] === undefined && !taken[i].takers.some(isShaped) && lengths.has(each.shape[0]);
    return isAsLong ? { ...each, shape: [null, ...each.shape.slice(1)] } : each;
  });
  const differ = beside.some((each, i) => each.shape !== alone[i].shape);
  return [...(differ ? [beside] : []), alone, given];
}

/** Whether a layer states the shape of what it takes. */
export function isShaped(description: LayerDescription): boolean {
  return "inputShape" in description || "batchInputShape" in description;
}

function takersOf(
  { name }: NamedShape,
  layers: readonly LayerDescription[],
  all: readonly NamedShape[],
): readonly LayerDescription[] {
  if (all.length === 1) return [layers[0]];
  return layers.filter(({ inputs }) => inputs !== undefined && [inputs].flat().includes(name));
}

function statedBy(takers: readonly LayerDescription[]): Shape | undefined {
  return takers.map(({ inputShape }) => inputShape as Shape | undefined).find((shape) => shape !== undefined);
}

/** Undefined where those that take it have to know its length. */
function openShape({ shape, takers }: Taken): Shape | undefined {
  if (takers.some(isShaped)) return undefined;
  if (takers.some(({ type }) => type === "embedding")) return shape.map(() => null);
  const isRecurrent = takers.some(({ type }) => recurrent.includes(type));
  return isRecurrent && shape.length > 1 ? [null, ...shape.slice(1)] : undefined;
}
