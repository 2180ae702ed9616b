/** Node itself, and the packages: those that every run needs, those that add something, and copies that should be one. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "@millrace/core";
import { version } from "../version.js";
import { type Finding, finding } from "./finding.js";

const leastNode = [20, 19] as const;

export function nodeFindings(running: string = process.versions.node): Finding[] {
  const [major, minor] = running.split(".").map(Number);
  const isOld = major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1]);
  const detail = `${running} on ${process.platform} ${process.arch}`;
  return [
    finding(
      "Node",
      "Node",
      detail,
      isOld ? `Install Node ${leastNode.join(".")} or later: https://nodejs.org` : undefined,
    ),
    finding("Node", "millrace", version),
  ];
}

interface Wanted {
  readonly name: string;
  /** The package of ours that imports it. */
  readonly by: string;
  readonly about: string;
  /** Nothing works without it. */
  readonly isNeeded?: boolean;
  /** Where it must have this version. */
  readonly version?: string;
  /** Loaded to see whether it can be: native code of another platform shows only then. */
  readonly loads?: boolean;
}

const tfjs = "4.22.0";

const wanted: readonly Wanted[] = [
  { name: "sharp", by: "@millrace/source-fs", about: "images", isNeeded: true, loads: true },
  { name: "libsql", by: "@millrace/source-sql", about: "the source sqlite", isNeeded: true, loads: true },
  {
    name: "koffi",
    by: "@millrace/source-fs",
    about: "libjpeg-turbo, page-locked memory and MPI",
    loads: true,
  },
  {
    name: "@julusian/jpeg-turbo",
    by: "@millrace/source-fs",
    about: "JPEG files decoded several times as fast",
  },
  { name: "@duckdb/node-api", by: "@millrace/source-sql", about: "the source duckdb" },
  { name: "pg", by: "@millrace/source-sql", about: "the source postgres" },
  { name: "mysql2", by: "@millrace/source-sql", about: "the source mysql" },
  {
    name: "@alexanderolsen/libsamplerate-js",
    by: "@millrace/source-fs",
    about: "other sample rates of the source wav",
  },
  { name: "webgpu", by: "@millrace/trainer", about: "any GPU" },
  { name: "@tensorflow/tfjs-node", by: "@millrace/trainer", about: "the device native", version: tfjs },
  { name: "@tensorflow/tfjs-node-gpu", by: "@millrace/trainer", about: "the device cuda", version: tfjs },
];

/** `folder`: where the project is. */
export async function packageFindings(folder: string): Promise<Finding[]> {
  return [
    ...(await Promise.all(wanted.map(about))),
    ...(await Promise.all(["@millrace/core", "zod"].map((name) => copies(name, folder)))),
  ].flat();
}

async function about({
  name,
  by,
  about,
  isNeeded = false,
  version: needed,
  loads = false,
}: Wanted): Promise<Finding> {
  const found = findPackage(name, createRequire(createRequire(import.meta.url).resolve(by)));
  const install = `\`npm install ${name}${needed === undefined ? "" : `@${needed}`}\``;
  if (found === undefined) {
    return finding(
      "packages",
      name,
      `not installed; it adds ${about}`,
      `${install} where you want it.`,
      !isNeeded,
    );
  }
  if (needed !== undefined && found.version !== needed) {
    return finding("packages", name, `${found.version}, but ${needed} is needed`, `${install}.`);
  }
  const fault = loads ? await loadFault(found.entry) : undefined;
  if (fault === undefined) return finding("packages", name, `${found.version}, for ${about}`);
  return finding(
    "packages",
    name,
    `${found.version} cannot be loaded: ${fault}`,
    `Install it for this platform: \`npm rebuild ${name}\`, or remove node_modules and \`npm install\`.`,
  );
}

/** Two copies of a package are two worlds: errors and schemas of one are strangers to the other. */
async function copies(name: string, folder: string): Promise<Finding[]> {
  const ours = findPackage(name, createRequire(createRequire(import.meta.url).resolve("@millrace/core")));
  const theirs = findPackage(name, createRequire(join(folder, "package.json")));
  if (ours === undefined) return [];
  const detail = `${ours.version}${theirs === undefined ? "" : ", one copy"}`;
  if (theirs === undefined || theirs.folder === ours.folder) return [finding("packages", name, detail)];
  return [
    finding(
      "packages",
      name,
      `${theirs.version} in ${theirs.folder} beside ${ours.version} in ${ours.folder}: two copies do not know each other`,
      `\`npm dedupe\`, or give both the same version; plugins should have it as a peer dependency.`,
    ),
  ];
}

interface FoundPackage {
  readonly version: string;
  readonly entry: string;
  readonly folder: string;
}

function findPackage(name: string, require: NodeJS.Require): FoundPackage | undefined {
  try {
    const entry = require.resolve(name);
    for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
      const path = join(folder, "package.json");
      if (!existsSync(path)) continue;
      const manifest = JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string };
      if (manifest.name === name) {
        return { version: manifest.version ?? "no version", entry, folder: realpathSync(folder) };
      }
    }
  } catch {
    // Not there, or not to be read: nobody can import it.
  }
  return undefined;
}

async function loadFault(entry: string): Promise<string | undefined> {
  try {
    await import(pathToFileURL(entry).href);
    return undefined;
  } catch (error) {
    return messageOf(error).split("\n")[0];
  }
}
