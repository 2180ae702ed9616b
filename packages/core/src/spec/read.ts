/** The text of a spec, in one file or several, as a value whose parts know their place; overrides from a command line on top. */
import { hasReference, referenceFault } from "../kit/environment.js";
import { extended, type Reading, readText } from "./extends.js";
import { lay } from "./layers.js";
import { type Override, override } from "./overrides.js";
import { pathText, placeAt, placeText, type SourceText, type SpecNode, stringsIn, valueOf } from "./tree.js";

export { type Override, parseOverride } from "./overrides.js";

/** A spec that was read but not checked. */
export interface SpecText {
  /** How messages name it: the path as the user gave it, or paths with + between them. */
  readonly name: string;
  /** Of the first file: relative paths start beside it. */
  readonly url: URL;
  /** The value: what is extended, laid over and set, all in one. References to the environment stand in it as such. */
  readonly value: unknown;
  /** The strings that refer to the environment. */
  readonly references: readonly SpecReference[];
  /** What is wrong with the text itself, though it could be read: keys that stand twice. Each with its position. */
  readonly faults: readonly string[];
  /** True if it is laid over a spec that it extends. */
  readonly extending: boolean;
  /** The names of all files that were read, in their order. */
  readonly files: readonly string[];
  /** `spec.json:12:17` of the node at `path`, of its nearest ancestor if it is not there, or `--set …` if it came from there. */
  locate(path: readonly PropertyKey[]): string;
  /** The same for the key itself, where it is the key that is wrong. */
  locateKey(path: readonly PropertyKey[]): string;
  /** The file that says what stands at `path`; the first where that is no file. */
  fileOf(path: readonly PropertyKey[]): URL;
}

/** A string of a spec with `${env:…}` in it. */
export interface SpecReference {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/**
 * Reads JSON with comments and trailing commas, or YAML where a name ends in .yaml or .yml, and what it extends. Of several
 * files each is laid over those before it. @throws MillraceError SPEC_NOT_FOUND, SPEC_SYNTAX or SPEC_INVALID.
 */
export async function readSpec(
  paths: string | readonly string[],
  overrides: readonly Override[] = [],
): Promise<SpecText> {
  // A promise, though it is read at once: whoever reads from elsewhere may need one.
  return Promise.resolve([paths].flat()).then((all) => specText(all.map(readText), overrides));
}

/** The spec that a text says; `name` and `url` stand for its file. */
export function parseSpecText(
  marked: string,
  name: string,
  url: URL,
  overrides: readonly Override[] = [],
): SpecText {
  // A byte order mark is not JSON, but editors write it.
  return specText([{ name, url, text: marked.replace(/^\uFEFF/, "") }], overrides);
}

function specText(sources: readonly SourceText[], overrides: readonly Override[]): SpecText {
  const [main] = sources;
  const reading: Reading = { main: main.url, faults: [], names: [], count: 0, several: sources.length > 1 };
  const trees = sources.map((source) => extended(source, reading));
  const laid = trees.reduce((lower, upper) => lay(upper, lower, "lower"));
  const root = overrides.reduce(override, laid);
  const place = (path: readonly PropertyKey[], part: "key" | "value") => placeText(placeAt(root, path, part));
  const references = [...stringsIn(root)].filter(({ text }) => hasReference(text));
  return {
    name: sources.map(({ name }) => name).join(" + "),
    url: main.url,
    value: valueOf(root),
    references,
    faults: [...reading.faults, ...brokenReferences(root)],
    extending: reading.count > sources.length,
    files: reading.names,
    locate: (path) => place(path, "value"),
    locateKey: (path) => place(path, "key"),
    fileOf: (path) => placeAt(root, path, "value").source?.url ?? main.url,
  };
}

function brokenReferences(root: SpecNode): string[] {
  return [...stringsIn(root)].flatMap(({ path, text, at }) => {
    const fault = hasReference(text) ? referenceFault(text) : undefined;
    return fault === undefined ? [] : [`${placeText(at)} ${pathText(path)}: ${fault}`];
  });
}
