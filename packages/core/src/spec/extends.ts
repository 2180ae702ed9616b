/** A spec's text as a tree, with the specs that it extends beneath it. */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MillraceError } from "../errors.js";
import { decodeSpec } from "./decode.js";
import { parseJson } from "./json.js";
import { lay } from "./layers.js";
import {
  type ParsedText,
  placeText,
  position,
  replaceAt,
  type SourceText,
  type SpecNode,
  stringsIn,
  valueOf,
} from "./tree.js";
import { parseYaml } from "./yaml.js";

/** Texts that one spec may be made of: extending in many ways at once can multiply them. */
const mostTexts = 100;

/** What is read so far. */
export interface Reading {
  /** The spec's own file, beside which relative paths start. */
  readonly main: URL;
  readonly faults: string[];
  /** Names of all texts, each once, in the order in which they were read. */
  readonly names: string[];
  count: number;
  /** True if several specs are laid over each other. */
  readonly several: boolean;
}

/** @throws MillraceError SPEC_NOT_FOUND or SPEC_SYNTAX. */
export function readText(path: string): SourceText {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "EISDIR" ? "is a folder" : `cannot be read: ${message}`;
    throw new MillraceError(
      "SPEC_NOT_FOUND",
      code === "ENOENT" ? `there is no spec at ${path === "" ? '""' : path}` : `the spec ${path} ${reason}`,
      { cause: error, hint: "Give the path of a spec in JSON or YAML." },
    );
  }
  return {
    name: path,
    url: pathToFileURL(path),
    text: decodeSpec(bytes, path, position).replace(/^\uFEFF/, ""),
  };
}

/** The tree of a text: YAML where its name says so, else JSON. @throws MillraceError SPEC_SYNTAX. */
export function parseText(source: SourceText): ParsedText {
  return /\.ya?ml$/i.test(source.name) ? parseYaml(source) : parseJson(source);
}

/** The tree of a text laid over those of the specs that it extends. @throws MillraceError for whatever cannot be read. */
export function extended(source: SourceText, reading: Reading, chain: readonly SourceText[] = []): SpecNode {
  if (++reading.count > mostTexts)
    throw invalid(`${source.name}:1:1 extends: a spec is made of at most ${mostTexts} texts`);
  if (!reading.names.includes(source.name)) reading.names.push(source.name);
  const { root, faults } = parseText(source);
  for (const fault of faults) if (!reading.faults.includes(fault)) reading.faults.push(fault);
  if (root.kind !== "object") {
    if (chain.length > 0 || reading.several)
      reading.faults.push(
        `${placeText(root.at)} a spec must be an object of keys, was ${root.kind === "list" ? "a list" : "a single value"}`,
      );
    return chain.length > 0 ? { kind: "object", at: root.at, fields: new Map() } : root;
  }
  const fields = new Map(root.fields);
  const asked = fields.get("extends");
  fields.delete("extends");
  const node = rebased({ ...root, fields }, source.url, reading.main);
  if (asked === undefined) return node;
  let below: SpecNode | undefined;
  for (const { text, place } of pathsOf(asked.value)) {
    const next = pathNextTo(source, text);
    const links = [...chain, source];
    const again = links.findIndex(({ url }) => url.href === pathToFileURL(next).href);
    if (again >= 0) {
      const circle = [...links.slice(again).map(({ name }) => name), next].join(" → ");
      throw invalid(`${place} extends: must not lead back to itself: ${circle}`);
    }
    below = lay(extended(readAt(next, place), reading, links), below, "upper");
  }
  return lay(node, below, "upper");
}

function readAt(path: string, place: string): SourceText {
  try {
    return readText(path);
  } catch (error) {
    throw error instanceof MillraceError ? error.at(`${place} extends`) : error;
  }
}

/** A path, or a list of them. */
function pathsOf(node: SpecNode): { readonly text: string; readonly place: string }[] {
  const items = node.kind === "list" ? node.items : [node];
  return items.map((item) => {
    const place = placeText(item.at);
    if (item.kind === "scalar" && typeof item.value === "string" && item.value !== "")
      return { text: item.value, place };
    throw invalid(
      `${place} extends: must be the path of a spec, or a list of paths, was ${JSON.stringify(valueOf(item))}`,
    );
  });
}

/** As a person would type it who typed the path of the spec that names it. */
function pathNextTo({ name, url }: SourceText, path: string): string {
  const full = resolve(dirname(fileURLToPath(url)), path);
  const isAbsolute = resolve(name) === name;
  const near = relative(process.cwd(), full);
  return isAbsolute || near === "" ? full : near;
}

/** Paths of which every spec knows that they are paths start beside the text that says them. */
function rebased(root: SpecNode, from: URL, main: URL): SpecNode {
  const [here, there] = [new URL("./", from).href, new URL("./", main).href];
  if (here === there) return root;
  let node = root;
  for (const { path, text, at } of stringsIn(root)) {
    const isPath =
      (path[0] === "plugins" && /^\.{1,2}\//.test(text)) || (path[0] === "exclude" && path.length === 1);
    if (isPath) node = replaceAt(node, path, { kind: "scalar", at, value: pathFrom(text, from, main) });
  }
  return node;
}

/** The path from `main` to what `path` names from `from`. */
export function pathFrom(path: string, from: URL, main: URL): string {
  if (resolve(path) === path || /^\$\{|^[a-z]{2,}:/i.test(path)) return path;
  const full = resolve(fileURLToPath(new URL("./", from)), path);
  const near = relative(fileURLToPath(new URL("./", main)), full).replaceAll("\\", "/");
  const kept = path.endsWith("/") && !near.endsWith("/") ? `${near}/` : near;
  return /^\.{1,2}\//.test(path) && !kept.startsWith(".") ? `./${kept}` : kept;
}

function invalid(detail: string): MillraceError {
  const [, name = "the spec"] = /^(.*?):\d+:\d+ /.exec(detail) ?? [];
  return new MillraceError("SPEC_INVALID", `${name} has 1 fault:`, { details: [detail] });
}
