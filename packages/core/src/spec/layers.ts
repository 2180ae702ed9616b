/** Specs laid over each other: what is said later, or closer, wins. */
import type { Field, ObjectNode, SpecNode } from "./tree.js";

/**
 * `upper` laid over `lower`, as a JSON merge patch is (RFC 7396): objects are merged, null takes a key out, and everything
 * else, lists too, takes the place of what was there. An object of another `use` or `type` is another thing: it takes the
 * place of the whole. `place` says which of the two a merged object is taken to stand at.
 */
export function lay(upper: SpecNode, lower: SpecNode | undefined, place: "upper" | "lower"): SpecNode {
  if (upper.kind !== "object") return upper;
  const base = lower?.kind === "object" && isSameThing(upper, lower) ? lower : undefined;
  const fields = new Map<string, Field>(base?.fields);
  for (const [key, field] of upper.fields) {
    if (field.value.kind === "scalar" && field.value.value === null) {
      fields.delete(key);
      continue;
    }
    fields.set(key, { key: field.key, value: lay(field.value, fields.get(key)?.value, place) });
  }
  return { kind: "object", at: place === "lower" && base !== undefined ? base.at : upper.at, fields };
}

function isSameThing(upper: ObjectNode, lower: ObjectNode): boolean {
  return ["use", "type"].every((key) => {
    const [now, then] = [wordAt(upper, key), wordAt(lower, key)];
    return now === undefined || then === undefined || now === then;
  });
}

function wordAt({ fields }: ObjectNode, key: string): string | undefined {
  const node = fields.get(key)?.value;
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}
