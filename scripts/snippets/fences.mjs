/** The pages that users read, and the fenced snippets in them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname ?? ".", "../..");

/** Paths from the root. */
export function pagesOf(patterns) {
  const listed = ["ls-files", "--cached", "--others", "--exclude-standard", "--"];
  return execFileSync("git", [...listed, ...patterns.map((pattern) => `:(glob)${pattern}`)], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((page) => page !== "" && existsSync(join(root, page)));
}

/**
 * The fenced pieces of a page: language, what else stands behind it (a file's name, or `run`), text, number of the first line, and
 * the heading (##) that it stands under.
 */
export function fencesOf(page) {
  const fences = [];
  let open;
  let section = "";
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .forEach((line, index) => {
      const [, language, info] = /^```(\w+) ?(.*)$/.exec(line) ?? [];
      if (open === undefined && language !== undefined)
        open = { page, section, language, info, line: index + 2, text: "" };
      else if (open !== undefined && line === "```") {
        fences.push(open);
        open = undefined;
      } else if (open !== undefined) open.text += `${line}\n`;
      else if (line.startsWith("## ")) section = line.slice(3);
    });
  return fences;
}
