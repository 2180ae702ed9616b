/** That a query is one SELECT, and nothing that could write: found before a database sees it. */
import { MillraceError } from "@millrace/core";
import { tokens } from "./tokens.js";

export interface OneSelect {
  /** The query without what may follow it: a semicolon, comments. */
  readonly text: string;
  /** The number of `?` in it. */
  readonly placeholders: number;
}

const writing = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "INTO"]);

/** @throws MillraceError OPTION_INVALID with line and column of what may not stand there. */
export function oneSelect(query: string): OneSelect {
  let depth = 0;
  let placeholders = 0;
  let end = 0;
  let before = "";
  let ended: number | undefined;
  for (const { 0: token, index } of query.matchAll(tokens)) {
    if (/^(?:\s|--|\/\*)/.test(token)) continue;
    const word = token.toUpperCase();
    if (ended !== undefined && token !== ";") throw refused(query, index, "one statement", token);
    if (before === "" && word !== "SELECT" && word !== "WITH") {
      throw refused(query, index, "one SELECT, or WITH and a SELECT", token);
    }
    // `replace(…)` is a function too.
    const isCall = word === "REPLACE" && /^\s*\(/.test(query.slice(index + token.length));
    const begins = depth === 0 || before === "(";
    if (writing.has(word) && begins && !isCall)
      throw refused(query, index, "a SELECT, which writes nothing", token);
    if (token === "(") depth++;
    if (token === ")" && --depth < 0) throw refused(query, index, "balanced in its parentheses", token);
    if (token === ";") {
      if (depth > 0) throw refused(query, index, "one statement", token);
      ended ??= index;
      continue;
    }
    if (/^[?:@$]./.test(token) && token !== "::") {
      throw refused(
        query,
        index,
        "without placeholders other than `?`, which take `values` in their order",
        token,
      );
    }
    if (token === "?") placeholders++;
    before = word;
    end = index + token.length;
  }
  if (before === "") throw refused(query, 0, "one SELECT", "");
  if (depth > 0) throw refused(query, query.length, "balanced in its parentheses", "");
  return { text: query.slice(0, end), placeholders };
}

function refused(query: string, index: number, rule: string, token: string): MillraceError {
  const lines = query.slice(0, index).split("\n");
  const place = `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`;
  return new MillraceError(
    "OPTION_INVALID",
    `\`query\` must be ${rule}, was ${token === "" ? "at its end" : JSON.stringify(token)} at ${place} of it`,
    {
      path: ["query"],
      hint: "Give one SELECT that reads what a sample is made of; make tables and views beforehand.",
    },
  );
}
