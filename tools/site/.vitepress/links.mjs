/**
 * Links that are right on GitHub are right in the site: relative ones, and the absolute ones of READMEs that npm shows too, lead to
 * the page where the site has it, and to the file on GitHub else. One to a file that is not there ends the build.
 */
import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { addresses, root } from "./pages.mjs";

export const repository = "https://github.com/millrace/millrace";

/** A plugin for markdown-it. */
export function repositoryLinks(md) {
  md.core.ruler.push("repository-links", ({ tokens, env }) => {
    const from = env.realPath === undefined ? env.path : env.realPath;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === "link_open" ? token.attrGet("href") : null;
      if (href !== null) token.attrSet("href", siteLink(href, posix.relative(root, from)));
    }
  });
}

/** A plugin for markdown-it: code that is indented looks like code that is fenced. */
export function indentedCode(md) {
  md.core.ruler.push("indented-code", ({ tokens }) => {
    for (const token of tokens)
      if (token.type === "code_block") Object.assign(token, { type: "fence", info: "sh" });
  });
}

/** Where a link of the file `from` leads in the site. */
export function siteLink(href, from) {
  const [, path, hash] = /^([^#]*)(#.*)?$/.exec(href);
  const target = targetOf(path, from);
  if (target === undefined) return href;
  const file = join(root, target);
  if (!existsSync(file)) throw new Error(`${from}: links to ${href}, which is not there`);
  const isFolder = statSync(file).isDirectory();
  const page = addresses.get(isFolder ? posix.join(target, "README.md") : target);
  if (page !== undefined)
    return `/${page.replace(/(^|\/)index$/, "$1")}${page.endsWith("index") ? "" : ".md"}${hash ?? ""}`;
  return `${repository}/${isFolder ? "tree" : "blob"}/main/${target}${hash ?? ""}`;
}

/** The path from the repository's root; undefined for what is not in it, and for places of the same page. */
function targetOf(path, from) {
  const own = `${repository}/blob/main/`;
  if (path.startsWith(own)) return path.slice(own.length);
  if (path === "" || /^[a-z]+:/.test(path)) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), decodeURI(path)));
}
