/**
 * Checks the built documentation (`npm run docs:site`): every link within it leads to a page and, behind #, to a place that is
 * there; nothing is loaded from outside. Prints each fault with its page and exits 1.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

const site = resolve(import.meta.dirname ?? ".", "../tools/site/.vitepress/dist");
const files = readdirSync(site, { recursive: true }).map((name) => String(name).replaceAll("\\", "/"));
const pages = new Map(
  files
    .filter((name) => name.endsWith(".html") && name !== "404.html")
    .map((name) => [name, readFileSync(join(site, name), "utf8")]),
);
const places = new Map(
  [...pages].map(([name, html]) => [
    name,
    new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
  ]),
);

const faults = [];
let links = 0;
for (const [name, html] of pages) {
  for (const [, href] of html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) checkLink(name, decode(href));
  for (const [, tag, url] of html.matchAll(/<(?!a\b)(\w+)\s[^>]*?(?:src|href)="([^"]*)"/g))
    if (isOutside(url)) faults.push(`${name}: <${tag}> loads ${url}`);
}
for (const name of files.filter((file) => file.endsWith(".css"))) {
  const style = readFileSync(join(site, name), "utf8");
  for (const [, url] of style.matchAll(/(?:@import\s+|url\()["']?(https?:[^"')\s]+)/g))
    faults.push(`${name}: loads ${url}`);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`site: ${pages.size} pages, ${links} links, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 || pages.size === 0 ? 1 : 0;

function checkLink(page, href) {
  if (isOutside(href) || href.startsWith("mailto:")) return;
  links++;
  const [path, hash = ""] = href.split("#");
  const target =
    path === "" ? page : fileOf(posix.join("/", path.startsWith("/") ? "" : posix.dirname(page), path));
  if (!pages.has(target) && !existsSync(join(site, target))) faults.push(`${page}: ${href} leads nowhere`);
  else if (hash !== "" && places.get(target)?.has(decodeURIComponent(hash)) === false)
    faults.push(`${page}: ${href}: there is no #${hash}`);
}

function fileOf(path) {
  const name = decodeURIComponent(path).replace(/^\//, "");
  return name === "" || name.endsWith("/") ? `${name}index.html` : name;
}

function isOutside(url) {
  return /^(?:[a-z]+:)?\/\//i.test(url);
}

/** Of entities, those that addresses have. */
function decode(href) {
  return href.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}
