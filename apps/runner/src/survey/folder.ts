/** What a folder holds: images or texts by class, or files that a table beside them names. */
import { readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { fileFault, MillraceError } from "@millrace/core";
import { imageExtensions } from "@millrace/source-fs";
import { tableEndings } from "./table.js";

export type FolderSurvey =
  | {
      readonly kind: "images" | "texts";
      readonly classes: Classes;
      readonly validation?: string;
      readonly train?: string;
    }
  | { readonly kind: "manifest"; readonly tables: readonly string[]; readonly images: readonly string[] };

/** Files by class, relative to the folder, with "/" between parts. */
export type Classes = ReadonlyMap<string, readonly string[]>;

const textEndings = [".txt", ".md", ".text"];

/** Files that are looked through: enough to see what there is. */
const mostFiles = 200_000;

/** @throws MillraceError INPUT_INVALID where a person has to say more, FILE_NOT_FOUND */
export async function surveyFolder(folder: string): Promise<FolderSurvey> {
  const files = await filesIn(folder);
  const images = files.filter((path) => imageExtensions.includes(extname(path).toLowerCase()));
  const texts = files.filter((path) => textEndings.includes(extname(path).toLowerCase()));
  const tables = files.filter(
    (path) => !path.includes("/") && tableEndings.includes(extname(path).toLowerCase()),
  );
  const kind = images.length >= texts.length ? "images" : "texts";
  const found = kind === "images" ? images : texts;
  if (found.length === 0) throw nothing(folder, tables);
  const split = splitFolders(found);
  if (split !== undefined) {
    return { kind, train: split.train, validation: split.validation, classes: classesOf(found, split.train) };
  }
  const classes = classesOf(found, "");
  if (classes.size > 1) return { kind, classes };
  if (kind === "images" && tables.length > 0) return { kind: "manifest", tables, images };
  throw noClasses(folder, kind, found.length);
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
      .filter((path) => !path.split("/").some((part) => part.startsWith(".")))
      .slice(0, mostFiles)
      .sort();
  } catch (error) {
    throw fileFault(error, folder, "cannot be read");
  }
}

/** `train/…` and `val/…` with the same classes in each, as many data sets come. */
function splitFolders(files: readonly string[]): { train: string; validation: string } | undefined {
  const tops = new Set(files.map((path) => path.split("/")[0]));
  const train = ["train", "training"].find((name) => tops.has(name));
  const validation = ["validation", "valid", "val", "test"].find((name) => tops.has(name));
  if (train === undefined || validation === undefined) return undefined;
  const classes = classesOf(files, train);
  const others = classesOf(files, validation);
  return classes.size > 1 && [...others.keys()].every((name) => classes.has(name))
    ? { train, validation }
    : undefined;
}

/** By the first folder below `root`. */
function classesOf(files: readonly string[], root: string): Classes {
  const classes = new Map<string, string[]>();
  for (const path of files) {
    const parts = path.split("/");
    if (root !== "" && parts.shift() !== root) continue;
    if (parts.length < 2) continue;
    const of = classes.get(parts[0]) ?? [];
    of.push(path);
    classes.set(parts[0], of);
  }
  return classes;
}

function nothing(folder: string, tables: readonly string[]): MillraceError {
  const [first] = tables;
  return new MillraceError("INPUT_INVALID", `${folder} holds neither images nor texts`, {
    hint:
      first === undefined
        ? `Known are ${imageExtensions.join(" ")} and ${textEndings.join(" ")}.`
        : `It holds a table: \`--from ${join(folder, first)}\`.`,
  });
}

function noClasses(folder: string, kind: "images" | "texts", count: number): MillraceError {
  const what = `${count} ${count === 1 ? kind.slice(0, -1) : kind}`;
  return new MillraceError(
    "INPUT_INVALID",
    `${folder} holds ${what}, but nothing says what is to be told of them`,
    {
      hint: `Put them into folders, one for each class${kind === "images" ? ", or a CSV file beside them that names each with its class" : ""}.`,
    },
  );
}
