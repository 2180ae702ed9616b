/** What becomes of each column: how the model is given it, or why it is not. */
import type { ColumnFindings } from "./column.js";

export type Role = "number" | "bool" | "date" | "vector" | "one-hot" | "embedding" | "text" | "left-out";

export interface ColumnRole {
  readonly column: ColumnFindings;
  readonly role: Role;
  /** Why, in words for a person. */
  readonly reason: string;
}

/** Categories up to here are a vector of zeros and a one; beyond, numbers that are learned. */
const mostOneHot = 24;
const mostCategories = 2000;
/** A column with fewer values than this share of its rows says nothing. */
const leastFilled = 0.05;

const keyName = /^(id|idx|index|key|uuid|guid|rowid|row_?(id|num|number)|unnamed.*)$|[_ -]id$|[a-z]I[dD]$/;

export function rolesOf(
  columns: readonly ColumnFindings[],
  target: ColumnFindings | undefined,
  keys: readonly string[],
): ColumnRole[] {
  return columns
    .filter((column) => column !== target)
    .map((column) => {
      const [role, reason] = roleOf(column, keys, target);
      return { column, role, reason };
    });
}

function roleOf(
  column: ColumnFindings,
  keys: readonly string[],
  target: ColumnFindings | undefined,
): [Role, string] {
  const { name, kind, rows, missing, counts, width } = column;
  const known = rows - missing;
  if (kind === "empty") return ["left-out", "has no values"];
  if (kind === "other") return ["left-out", "holds values of several kinds, bytes or objects"];
  if (known < rows * leastFilled) return ["left-out", `is blank in ${rows - known} of ${rows} rows`];
  if (keys.includes(name)) return ["left-out", "is a key: it names a row, and says nothing of it"];
  if (counts.size < 2 && kind !== "vector") return ["left-out", "is the same in every row"];
  if (namesRows(column)) return ["left-out", "names a row: every value is different"];
  if (target !== undefined && isCopy(column, target))
    return ["left-out", `tells "${target.name}" outright: each of its values goes with one of that`];
  if (kind === "vector") return ["vector", `${width} numbers in each row`];
  if (kind === "number" || kind === "bool" || kind === "date") return [kind, ""];
  if (column.words > 3 && counts.size > mostOneHot) return ["text", "free text"];
  const share = known / counts.size;
  if (counts.size <= mostOneHot) return ["one-hot", `${counts.size} categories`];
  if (counts.size <= mostCategories && share >= 3) return ["embedding", `${counts.size} categories`];
  return ["left-out", `has ${counts.size} different texts in ${known} rows, too many to learn from`];
}

/** Ids: by their name or because they count up, and no value comes twice. */
function namesRows({ name, kind, isUnique, isWhole, numbers, rows, counts, words }: ColumnFindings): boolean {
  if (rows < 10) return false;
  if (keyName.test(name) && (isUnique || (kind !== "number" && counts.size > rows / 2))) return true;
  if (kind === "text") return isUnique && words < 3;
  return isUnique && isWhole && numbers.every((number, i) => i === 0 || number === numbers[i - 1] + 1);
}

/** A text, flag or code with as many values as the target, that goes along with it row by row, is the target again. */
function isCopy(column: ColumnFindings, target: ColumnFindings): boolean {
  if (column.counts.size !== target.counts.size || column.missing !== target.missing) return false;
  if (column.kind === "number" && column.numbers.length === target.numbers.length && column.counts.size > 2)
    return column.numbers.every((number, i) => number === target.numbers[i]);
  return false;
}
