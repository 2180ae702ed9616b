/** Faults of samples, with the place in the spec that they lie at. */
import { MillraceError } from "../errors.js";
import type { Spec } from "../spec/schema.js";

/** "transform 2 resize" among the places of a fault is transforms[2] of the spec; a source's own is named by its path. */
const transformPlace = /^transform (\d+) /;
const ownPlace = /^sources\[(\d+)\]\.transforms\[(\d+)\] /;

/** The fault with the path of the transform that raised it, else of `otherwise`. */
export function sampleFault(
  error: unknown,
  { transforms, sources }: Spec,
  otherwise: readonly (string | number)[] = [sources === undefined ? "source" : "sources"],
): unknown {
  if (!(error instanceof MillraceError) || error.path !== undefined) return error;
  for (const place of error.where) {
    const [, source, own] = ownPlace.exec(place) ?? [];
    if (own !== undefined) return error.within("sources", Number(source), "transforms", Number(own));
    const position = Number(transformPlace.exec(place)?.[1] ?? Number.NaN);
    if (position < transforms.length) return error.within("transforms", position);
  }
  return error.within(...otherwise);
}
