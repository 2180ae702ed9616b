/** The files of a project, written where nothing of the same name stands. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileFault, MillraceError } from "@millrace/core";
import { version } from "../version.js";
import { commentedJson } from "./commented.js";
import type { ProjectPlan } from "./plan.js";
import { readme } from "./readme.js";

/** The paths that were written, relative to `home`. @throws MillraceError FILE_EXISTS before anything is written, FILE_FAILED */
export function writeProject(home: string, plan: ProjectPlan): Promise<string[]> {
  const name = basename(resolve(home));
  const files: Record<string, string> = {
    "spec.jsonc": commentedJson(plan.spec, [
      "Written by `millrace new project` after a look at the data; comments say what decided what. It is yours to change.",
      "What is wrong: `millrace check spec.jsonc`. What else there is: `millrace plugins`. Completion in editors: `millrace schema`.",
    ]),
    "package.json": `${JSON.stringify(manifest(name, plan), null, 2)}\n`,
    "README.md": readme(name, plan),
    ".gitignore": "node_modules/\nruns/\n.millrace/\n",
    ...plan.files,
  };
  return writeNew(home, files);
}

/** Writes files that are not there yet. @throws MillraceError FILE_EXISTS or OPTION_INVALID before anything is written, FILE_FAILED */
export async function writeNew(home: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  if (home === "") {
    throw new MillraceError("OPTION_INVALID", 'the folder must have a name, was ""', {
      hint: "Name one, or . for this folder.",
    });
  }
  const taken = Object.keys(files).filter((name) => existsSync(join(home, name)));
  if (taken.length > 0) {
    throw new MillraceError(
      "FILE_EXISTS",
      `nothing is overwritten, but ${home} already has ${taken.join(", ")}`,
      {
        hint: "Choose another name, or move them away.",
      },
    );
  }
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
    } catch (error) {
      throw fileFault(error, path, "cannot be written");
    }
  }
  return Object.keys(files);
}

function manifest(name: string, { packages }: ProjectPlan): object {
  return {
    name: packageName(name),
    version: "0.0.0",
    private: true,
    type: "module",
    scripts: { check: "millrace check spec.jsonc", train: "millrace run spec.jsonc" },
    dependencies: { "@millrace/runner": `^${version}`, ...packages },
  };
}

/** What npm takes for a name. */
export function packageName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[._-]+|-+$/g, "");
  return plain || "project";
}
