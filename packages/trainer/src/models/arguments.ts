/** The arguments of a layer: facts of the data filled in, and names that no layer reads found out. */
import { type DatasetFacts, MillraceError, resolveFacts } from "@millrace/core";
import { type Place, placeText, type SpecPath } from "./spec-path.js";

type Arguments = Record<string, unknown>;

/** `value` with every `{ "from": "…" }` in it replaced by the fact that it names; it stands `at` of the layer. */
export function resolveArgument(value: unknown, facts: DatasetFacts, place: Place, at: SpecPath): unknown {
  try {
    return resolveFacts(value, facts);
  } catch (error) {
    throw error instanceof MillraceError ? error.within(...place.path, ...at).at(placeText(place)) : error;
  }
}

/** Arguments of every layer, which tfjs reads only under conditions. */
const ofEveryLayer = new Set([
  "name",
  "dtype",
  "inputDType",
  "inputShape",
  "batchInputShape",
  "batchSize",
  "trainable",
  "updatable",
  "weights",
]);

/**
 * Makes a layer and tells which arguments its constructor did not look at: tfjs ignores what it does not know, and a
 * misspelled `kernelSize` would otherwise train a different model in silence.
 */
export function constructWatched<T>(
  construct: (watched: Arguments) => T,
  given: Arguments,
): { made: T; unread: string[]; read: string[] } {
  const read = new Set<string>(ofEveryLayer);
  const watched = new Proxy(
    { ...given },
    {
      get: (target, key) => {
        if (typeof key === "string") read.add(key);
        return Reflect.get(target, key) as unknown;
      },
      ownKeys: (target) => {
        for (const key of Object.keys(given)) read.add(key);
        return Reflect.ownKeys(target);
      },
    },
  );
  const made = construct(watched);
  return { made, read: [...read], unread: Object.keys(given).filter((key) => !read.has(key)) };
}
