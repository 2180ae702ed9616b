/** The arguments of a layer: facts of the data filled in, and names that no layer reads found out. */
import { type DatasetFacts, didYouMean } from "@millrace/core";
import { layerFault, type Place, type SpecPath } from "./spec-path.js";

type Arguments = Record<string, unknown>;

const facts: Readonly<Record<string, (facts: DatasetFacts) => number | undefined>> = {
  "labels.count": ({ labels }) => labels?.length,
};

/** `value` with every `{ "from": "…" }` in it replaced by the fact that it names; it stands `at` of the layer. */
export function resolveFacts(value: unknown, known: DatasetFacts, place: Place, at: SpecPath): unknown {
  if (Array.isArray(value)) return value.map((item, i) => resolveFacts(item, known, place, [...at, i]));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0][0] === "from") return factNamed(entries[0][1], known, place, at);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolveFacts(item, known, place, [...at, key])]),
  );
}

function factNamed(name: unknown, known: DatasetFacts, place: Place, at: SpecPath): number {
  if (typeof name !== "string" || !Object.hasOwn(facts, name)) {
    const choices = Object.keys(facts);
    throw layerFault(
      place,
      `"from" must be ${choices.join(" or ")}, was ${JSON.stringify(name)}${didYouMean(String(name), choices)}`,
      { at: [...at, "from"] },
    );
  }
  const fact = facts[name](known);
  if (fact !== undefined) return fact;
  throw layerFault(place, `${at.join(".")}: the data must have ${name}, but its source knows no labels`, {
    at,
    hint: "Write the number itself, or use a source that knows its labels.",
  });
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
