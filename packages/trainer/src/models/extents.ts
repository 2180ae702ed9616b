/** Whether anything is left of the data after a layer. */
import { MillraceError } from "@millrace/core";
import type { Layer } from "./layer-tree.js";

/** Raises MODEL_INVALID where a window has left nothing of the data. */
export function checkExtents(layer: Layer, place: string): void {
  const shape = layer.outputShape as (number | null)[];
  if (!shape.some((extent) => typeof extent === "number" && extent <= 0)) return;
  throw new MillraceError(
    "MODEL_INVALID",
    `${place}: every extent of its output must be positive, was [${shape.slice(1).join(", ")}]`,
    { hint: 'Take a smaller window or stride, padding "same", or fewer pooling layers.' },
  );
}
