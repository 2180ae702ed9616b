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

const recurrent = [
  "applyMask",
  "bidirectional",
  "gru",
  "lstm",
  "masking",
  "multiHeadAttention",
  "positionEmbedding",
  "rnn",
  "simpleRNN",
  "timeDistributed",
  "transformerBlock",
];

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
  const asLong = alone.flatMap(({ shape: own }, i) => {
    const isOpen = opened[i] !== undefined || taken[i].takers.some(isShaped);
    return !isOpen && lengths.has(own[0]) ? [i] : [];
  });
  const choices = subsets(asLong).map((chosen) =>
    alone.map((each, i) => (chosen.has(i) ? { ...each, shape: [null, ...each.shape.slice(1)] } : each)),
  );
  return [...choices, given];
}

/** More inputs than this are as long as the sequences together, or not at all. */
const mostChosen = 4;

/** The larger ones first: what is as long as a sequence mostly goes with it, but may be so by chance. */
function subsets(of: readonly number[]): ReadonlySet<number>[] {
  if (of.length > mostChosen) return [new Set(of), new Set()];
  const all = Array.from(
    { length: 2 ** of.length },
    (_, mask) => new Set(of.filter((_, i) => mask & (1 << i))),
  );
  return all.sort((a, b) => b.size - a.size);
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
