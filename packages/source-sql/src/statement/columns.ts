/** What any database's description of a query must have. */
import { didYouMean, MillraceError } from "@millrace/core";

/** @throws MillraceError OPTION_INVALID for a name that two columns have, as `same` compares them. */
export function requireDistinct(
  columns: readonly { readonly name: string }[],
  database: string,
  same: (name: string) => string = (name) => name,
): void {
  const names = columns.map(({ name }) => same(name));
  const twice = columns.find((_, i) => names.indexOf(names[i]) !== i);
  if (twice === undefined) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `\`query\` must give each column a name of its own, has "${twice.name}" twice`,
    {
      path: ["query"],
      hint: "Join with USING, name the columns one by one, or rename one with AS.",
      where: [database],
    },
  );
}

/** The error for a table that is not there. */
export function noTable(name: string, tables: readonly string[], database: string): MillraceError {
  const names = [...tables].sort();
  return new MillraceError(
    "OPTION_INVALID",
    `the database must have the table, was "${name}"${didYouMean(name, names)}`,
    {
      path: ["table"],
      hint: `Set \`table\` to one of: ${names.slice(0, 50).join(", ") || "(the database is empty)"}.`,
      where: [database],
    },
  );
}

/** The error for a query that the database does not take. */
export function noQuery(product: string, message: string, database: string, cause?: unknown): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    `\`query\` must be a SELECT that ${product} understands: ${message}`,
    {
      path: ["query"],
      hint: "Try it in the database's own shell.",
      where: [database],
      ...(cause !== undefined && { cause }),
    },
  );
}
