/** The HTTP server beside an exported model: the run as far as predictions need it, and a program of one file. */
import { cp, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { type ExportFormat, type TakenWeights, writeFitted } from "@millrace/core/spec";
import { factsName, fittedName } from "../run/run-folder.js";
import { exampleCommands } from "../serve/example-commands.js";
import { openModel } from "../serve/served-model.js";
import { version } from "../version.js";
import type { Taken } from "./with-run.js";

export const serverFormat: ExportFormat = {
  name: "server",
  summary: "a program of one file that answers predictions over HTTP",
};

export interface Served {
  readonly files: readonly { readonly path: string; readonly about: string }[];
  /** Commands by which it is asked. */
  readonly commands: readonly string[];
}

const program = new URL("../../programs/server.mjs", import.meta.url);
const runFolder = "run";

/** What was written, or why there is no server: it is opened once, as it stands in the folder. */
export async function writeServer(
  folder: string,
  taken: Taken,
  weights: TakenWeights,
): Promise<Served | string> {
  const own = [runFolder, "server.mjs", "package.json"].map((name) => join(folder, name));
  try {
    await writeRun(join(folder, runFolder), taken, weights);
    await copyFile(program, join(folder, "server.mjs"));
    await writeFile(join(folder, "package.json"), `${JSON.stringify(await manifest(taken), null, 2)}\n`);
    return { files, commands: await commandsOf(join(folder, runFolder), taken) };
  } catch (error) {
    for (const path of own) await rm(path, { recursive: true, force: true });
    if (error instanceof MillraceError) return error.describe().replaceAll("\n", " ");
    throw error;
  }
}

const files = [
  { path: "server.mjs", about: "answers predictions over HTTP, as `millrace predict` does" },
  { path: "package.json", about: "what the server needs: `npm install`, then `npm start`" },
  { path: `${runFolder}/`, about: "the run as far as the server needs it" },
];

async function commandsOf(run: string, { facts }: Taken): Promise<string[]> {
  const model = await openModel(run);
  try {
    return await exampleCommands(model, facts);
  } finally {
    await model.close();
  }
}

async function writeRun(
  to: string,
  { run, composition }: Taken,
  { choice, path }: TakenWeights,
): Promise<void> {
  await mkdir(to, { recursive: true });
  const { modelPath } = run.record;
  const isFinal = choice === "final" && modelPath !== undefined;
  const record = {
    status: "finished",
    spec: "spec.json",
    millrace: version,
    weights: choice,
    ...(isFinal && { modelPath }),
  };
  await writeFile(join(to, "run.json"), `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(join(to, "spec.json"), `${JSON.stringify(composition.kept, null, 2)}\n`);
  await copyFile(join(run.folder, factsName), join(to, factsName));
  await writeFitted(join(to, fittedName), composition.options.fitted ?? []);
  const taken = isFinal ? dirname(modelPath) : path;
  await mkdir(dirname(join(to, taken)), { recursive: true });
  await cp(join(run.folder, taken), join(to, taken), { recursive: true });
}

/** This package, and those that have the spec's own plugins. */
async function manifest({ run, composition }: Taken): Promise<object> {
  const dependencies: Record<string, string> = { "@millrace/runner": version };
  for (const { specifier, url } of composition.modules) {
    if (!composition.spec.plugins.includes(specifier) || /^[./]|^file:/.test(specifier)) continue;
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    dependencies[name] = (await versionOf(fileURLToPath(url), name)) ?? "*";
  }
  return {
    name: `${
      run.name
        .toLowerCase()
        .replaceAll(/[^a-z0-9._-]+/g, "-")
        .replace(/^[._-]+/, "") || "model"
    }-server`,
    private: true,
    type: "module",
    scripts: { start: "node server.mjs" },
    engines: { node: ">=20.19" },
    dependencies,
  };
}

/** Of the package of this name that a file is in. */
async function versionOf(file: string, name: string): Promise<string | undefined> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const found = JSON.parse(text) as { readonly name?: string; readonly version?: string };
    if (found.name === name) return found.version;
  }
  return undefined;
}
