/** The folder of a run that was made before: its spec, where that spec's paths start, and what is known of its data. */
import { access, readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type DatasetFacts, messageOf, MillraceError } from "@millrace/core";
import {
  type FittedTransform,
  type InputForm,
  type Override,
  parseSpecText,
  readFitted,
  type SpecText,
  type WeightsChoice,
} from "@millrace/core/spec";
import { z } from "zod";
import { specName } from "./directory.js";

export const factsName = "facts.json";
/** The folder with what a run's transforms learned, within the run's own. */
export const fittedName = "fitted";

/** The beginning of run.json. */
export interface RunRecord {
  readonly status: string;
  /** The spec's file, when the run began: where relative paths start. */
  readonly spec: string;
  /** The same from the run's folder, for folders that were moved together. */
  readonly specFromRun?: string;
  /** Of an export: which weights it has. */
  readonly weights?: WeightsChoice;
  /** Where the model is, relative to the folder. */
  readonly modelPath?: string;
  /** Of a run of several processes: who they were. */
  readonly group?: string;
}

/** What a run learned of its data: facts.json. */
export interface RunFacts extends DatasetFacts {
  /** The fields that the model takes, in their order. */
  readonly inputs: readonly InputForm[];
  /** What the source alone said, where transforms added to it. */
  readonly source?: DatasetFacts;
}

/** As runs before 0.2 wrote them: of one input. */
interface OldFacts extends DatasetFacts {
  readonly input: InputForm;
  readonly inputs?: undefined;
}

export interface RunFolder {
  readonly folder: string;
  readonly record: RunRecord;
  /** What its spec is called. */
  readonly name: string;
  /** Stands for the spec's file, as the one beside which relative paths start. */
  readonly specPath: string;
  /** The spec as it was checked then. */
  spec(overrides: readonly Override[]): Promise<SpecText>;
  /** @throws MillraceError FILE_NOT_FOUND if the run ended before it had a model. */
  facts(): Promise<RunFacts>;
  /** What its transforms learned from its training samples. @throws MillraceError FILE_FORMAT */
  fitted(): Promise<readonly FittedTransform[]>;
}

/** What of a run's facts its sources follow when they are opened again. */
export function known(run: RunFacts): DatasetFacts {
  const { inputs: _, source, ...facts } = run;
  return source ?? facts;
}

/** What a run that goes on from another follows. */
export interface Followed {
  readonly facts: DatasetFacts;
  readonly fitted: readonly FittedTransform[];
}

/** What there is to follow of the run at `path`; undefined where that is no run, or ended before it had a model: resuming says so. */
export async function toFollow(path: string): Promise<Followed | undefined> {
  try {
    const run = await findRun(path);
    return { facts: known(await run.facts()), fitted: await run.fitted() };
  } catch (error) {
    if (error instanceof MillraceError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Finds the run at `path`, its folder or a checkpoint in it. @throws MillraceError FILE_NOT_FOUND or FILE_FORMAT. */
export async function findRun(path: string): Promise<RunFolder> {
  const folder = await folderOf(resolve(path));
  if (folder === undefined) {
    const what = (await isThere(path)) ? "but has no run.json" : "but is not there";
    throw new MillraceError("FILE_NOT_FOUND", `${path} must be the folder of a run, ${what}`, {
      hint: "Name a folder that `millrace run` made, such as runs/spec-20260101-120000.",
    });
  }
  const record = (await readObject(join(folder, "run.json"))) as unknown as RunRecord;
  const specPath = await specPathOf(folder, record);
  return {
    folder,
    record,
    name: specName(specPath),
    specPath,
    async spec(overrides) {
      const own = join(folder, "spec.json");
      return parseSpecText(await readText(own), shortest(own), pathToFileURL(specPath), overrides);
    },
    fitted: () => readFitted(join(folder, fittedName)),
    async facts() {
      const own = join(folder, factsName);
      if (await isThere(own)) return runFacts((await readObject(own)) as unknown as RunFacts | OldFacts, own);
      throw new MillraceError(
        "FILE_NOT_FOUND",
        `the run in ${shortest(folder)} ended before it had a model`,
        {
          hint: "Name a run that has trained.",
        },
      );
    },
  };
}

/** None, where a trainer of another kind told of none. */
const inputForms = z.array(
  z.looseObject({ name: z.string(), dtype: z.string(), shape: z.array(z.number().nullable()) }),
);

function runFacts(read: RunFacts | OldFacts, path: string): RunFacts {
  const { input, ...facts } = read as OldFacts;
  const all = read.inputs === undefined ? { ...facts, inputs: [input] } : read;
  if (inputForms.safeParse(all.inputs).success) return all;
  throw new MillraceError("FILE_FORMAT", `${shortest(path)} must say what the model takes, does not`, {
    hint: asWritten,
  });
}

/** A path as a person would type it from here. */
export function shortest(path: string): string {
  const full = resolve(path);
  const near = relative(process.cwd(), full);
  return near.startsWith("..") || near === "" ? full : near;
}

async function folderOf(path: string): Promise<string | undefined> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const choices = isFolder ? [path] : [dirname(path), dirname(dirname(path))];
  for (const choice of choices) if (await isThere(join(choice, "run.json"))) return choice;
  return undefined;
}

/** Where the spec was, or where it is by now if the run's folder was moved together with it. */
async function specPathOf(folder: string, { spec, specFromRun }: RunRecord): Promise<string> {
  if (typeof spec !== "string")
    throw new MillraceError("FILE_FORMAT", `${shortest(folder)}/run.json names no spec`, { hint: asWritten });
  // That of an export, which has its spec beside it.
  if (!isAbsolute(spec)) return resolve(folder, spec);
  if (specFromRun === undefined || (await isThere(dirname(spec)))) return spec;
  const moved = resolve(folder, specFromRun);
  return (await isThere(dirname(moved))) ? moved : spec;
}

const asWritten = "Put back the file as the run wrote it, or train again.";

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MillraceError("FILE_NOT_FOUND", `${shortest(path)} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function readObject(path: string): Promise<Readonly<Record<string, unknown>>> {
  return parseObject(await readText(path), path);
}

/** The object that a file of a run has as JSON. @throws MillraceError FILE_FORMAT */
export function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === "object" && read !== null && !Array.isArray(read))
      return read as Record<string, unknown>;
    throw new Error("it is no object");
  } catch (cause) {
    throw new MillraceError("FILE_FORMAT", `${shortest(path)} must be JSON: ${messageOf(cause)}`, {
      hint: asWritten,
      cause,
    });
  }
}
