/** Whether layers fit what is given to them, asked before tfjs is, and answered in plain words. */
import type { MillraceError } from "@millrace/core";
import { refused } from "./build-layer.js";
import type { Layer, OpenLayer } from "./layer-tree.js";
import { layerFault, placeOf, type Place } from "./spec-path.js";

type Shape = readonly (number | null)[];

interface InputSpec {
  readonly ndim?: number | null;
  readonly minNDim?: number | null;
  readonly maxNDim?: number | null;
  readonly axes?: Readonly<Record<string, number | null>> | null;
}

/** Layers that say too late how many axes they take for each sample. */
const axesOf: Readonly<Record<string, number>> = {
  Conv1D: 2,
  Conv2D: 3,
  Conv2DTranspose: 3,
  Conv3D: 4,
  Conv3DTranspose: 4,
  ConvLSTM2D: 4,
  Cropping2D: 3,
  DepthwiseConv2D: 3,
  Resizing: 3,
  SeparableConv2D: 3,
  UpSampling2D: 3,
  ZeroPadding2D: 3,
};

/** Layers that want inputs of one shape. */
const elementwise = new Set(["Add", "Average", "Maximum", "Minimum", "Multiply"]);

/**
 * What `join` gives, which hands inputs of these shapes, [null, …], to the layer. Raises MODEL_INVALID where they do not fit, and where
 * nothing is left of the data.
 */
export function joined<T>(layer: Layer, given: readonly Shape[], join: () => T): T {
  const place = placeOf(layer) ?? { path: [], type: layer.getClassName() };
  const shapes = given.map((shape) => shape.slice(1));
  const fault = misfit(place, layer as OpenLayer, shapes);
  if (fault !== undefined) throw fault;
  let made: T;
  try {
    made = join();
  } catch (cause) {
    throw refused(place, `cannot take ${listed(shapes)} with these arguments`, cause);
  }
  checkExtents(layer, place);
  return made;
}

function misfit(place: Place, layer: OpenLayer, shapes: readonly Shape[]): MillraceError | undefined {
  const specs = [layer.inputSpec ?? []].flat() as (InputSpec | null)[];
  const name = layer.getClassName();
  const own = name in axesOf ? { ndim: axesOf[name] + 1 } : {};
  for (const [i, shape] of shapes.entries()) {
    const fault = rankFault(place, specs[i] ?? own, shape);
    if (fault !== undefined) return fault;
  }
  if (elementwise.has(name) && new Set(shapes.map((shape) => shape.length)).size === 1) {
    const differ = shapes.some((shape) => shape.some((extent, i) => differs(extent, shapes[0][i])));
    if (differ) {
      return layerFault(place, `inputs must have one shape, were ${shapes.map(text).join(" and ")}`, {
        at: ["inputs"],
        hint: "Give the layers before it equally many units, or take concatenate.",
      });
    }
  }
  return name === "Reshape" ? sizeFault(place, layer, shapes[0]) : undefined;
}

function rankFault(place: Place, spec: InputSpec, shape: Shape): MillraceError | undefined {
  const { ndim, minNDim, maxNDim } = spec;
  const rank = shape.length;
  const hint = "Put a flatten, reshape or pooling layer before it, or take another layer.";
  const wants = (what: string): MillraceError =>
    layerFault(place, `takes ${what} for each sample, is given ${text(shape)}`, { hint });
  if (typeof ndim === "number" && rank !== ndim - 1) return wants(axes(ndim - 1));
  if (typeof minNDim === "number" && rank < minNDim - 1) return wants(`${axes(minNDim - 1)} or more`);
  if (typeof maxNDim === "number" && rank > maxNDim - 1) return wants(`${axes(maxNDim - 1)} at most`);
  return undefined;
}

function sizeFault(place: Place, layer: OpenLayer, shape: Shape): MillraceError | undefined {
  const target = layer.targetShape as Shape;
  const size = (extents: Shape): number => extents.reduce<number>((all, each) => all * (each ?? 1), 1);
  const isOpen = (extent: number | null): boolean => extent === null || extent < 0;
  if (shape.some(isOpen)) return undefined;
  const known = size(target.filter((extent) => !isOpen(extent)));
  const open = target.filter(isOpen).length;
  const fits = open === 0 ? known === size(shape) : open === 1 && known > 0 && size(shape) % known === 0;
  if (fits) return undefined;
  return layerFault(
    place,
    `targetShape must hold the ${size(shape)} numbers of ${text(shape)}, was ${text(target)}`,
    { at: ["targetShape"] },
  );
}

/** Raises MODEL_INVALID where a window has left nothing of the data. */
function checkExtents(layer: Layer, place: Place): void {
  const shape = layer.outputShape as Shape;
  if (!shape.some((extent) => typeof extent === "number" && extent <= 0)) return;
  throw layerFault(place, `every extent of its output must be positive, was ${text(shape.slice(1))}`, {
    hint: 'Take a smaller window or stride, padding "same", or fewer pooling layers.',
  });
}

function differs(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a !== b;
}

function axes(count: number): string {
  return count === 1 ? "one axis" : `${count} axes`;
}

function text(shape: Shape): string {
  return `[${shape.map((extent) => extent ?? "any").join(", ")}]`;
}

function listed(shapes: readonly Shape[]): string {
  return `${shapes.length === 1 ? "an input" : "inputs"} of shape ${shapes.map(text).join(" and ")}`;
}
