/** What all processes of a group must have alike, held against each other before anything depends on it. */
import { createHash } from "node:crypto";
import { MillraceError } from "../errors.js";
import { gatherValues, type ProcessGroup } from "./group.js";

/** Differences that are told; the first ones say enough. */
const mostTold = 8;
/** Longer lists and texts are compared by their digest. */
const mostEntries = 64;
const mostLetters = 100;

/**
 * Compares what every rank says: plain data, of which each number and text that differs is named by its path. All ranks
 * must call it, and all of them are refused.
 *
 * @throws MillraceError GROUP_FAILED, with the path, the ranks and their values.
 */
export async function agreeOn(
  group: ProcessGroup,
  said: Readonly<Record<string, unknown>>,
  hint: string,
): Promise<void> {
  if (group.size === 1) return;
  const all = await gatherValues(group, new Map(leavesOf(said)));
  const paths = new Set(all.flatMap((each) => [...each.keys()]));
  const told = [...paths].flatMap((path) => {
    const ranks = ranksByValue(all.map((each) => each.get(path) ?? "absent"));
    return ranks.size === 1
      ? []
      : [`${path}: ${[...ranks].map(([value, at]) => `${value} on ${at}`).join(", ")}`];
  });
  if (told.length === 0) return;
  const more = told.length > mostTold ? [`and ${told.length - mostTold} more`] : [];
  throw new MillraceError("GROUP_FAILED", "all ranks must train the same, but these differ:", {
    details: [...told.slice(0, mostTold), ...more],
    hint,
  });
}

/** "rank 0" or "ranks 1, 3" by what they say. */
function ranksByValue(values: readonly string[]): Map<string, string> {
  const ranks = new Map<string, number[]>();
  for (const [rank, value] of values.entries()) ranks.set(value, [...(ranks.get(value) ?? []), rank]);
  return new Map(
    [...ranks].map(([value, at]) => [value, `${at.length === 1 ? "rank" : "ranks"} ${at.join(", ")}`]),
  );
}

/** Every value that has no parts, by its path. */
function* leavesOf(value: unknown, path = ""): Generator<[string, string]> {
  const isList = Array.isArray(value);
  if (typeof value !== "object" || value === null || (isList && value.length > mostEntries)) {
    if (value !== undefined) yield [path, shown(value)];
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) yield [path, isList ? "[]" : "{}"];
  for (const [key, item] of entries) yield* leavesOf(item, path === "" ? key : `${path}.${key}`);
}

function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  if (text.length <= mostLetters) return text;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return `${text.slice(0, mostLetters / 2)}… (SHA-256 ${digest}…)`;
}
