/** Which Markdown files are pages of the site, where each of them lies there, and what it is called. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

const readmes = ["packages/*/README.md", "apps/*/README.md", "examples/**/README.md"];
const patterns = ["docs/**/*.md", ...readmes, "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

/** Of each page, the address without its ending by the file's path from the root. */
export const addresses = new Map(listed(patterns).map((path) => [path, addressOf(path)]));

/** A page's heading, without marks. */
export function titleOf(path) {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, path), "utf8"));
  if (heading === null) throw new Error(`${path} has no heading`);
  return heading[1].replaceAll("`", "");
}

/** What lies in docs is the site's top; a README is what its folder is called. */
function addressOf(path) {
  if (path === "docs/README.md") return "index";
  return path
    .replace(/^docs\//, "")
    .replace(/\/README\.md$/, "")
    .replace(/^apps\//, "packages/")
    .replace(/\.md$/, "")
    .replace(/^examples$/, "examples/index")
    .replace(/^(ARCHITECTURE|CONTRIBUTING|SECURITY)$/, (name) => name.toLowerCase());
}

function listed(globs) {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard", "--"];
  const files = execFileSync("git", [...options, ...globs.map((glob) => `:(glob)${glob}`)], {
    cwd: root,
    encoding: "utf8",
  });
  return files.split("\n").filter((path) => path !== "" && existsSync(join(root, path)));
}
