/** Images that a table names, with what is to be told in another of its columns. */
import { basename, join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { FolderSurvey } from "../survey/folder.js";
import { surveyImages } from "../survey/images.js";
import { surveyTable } from "../survey/table.js";
import { baselineOf } from "../survey/target.js";
import { imageSpec } from "./image-plan.js";
import type { ProjectPlan } from "./plan.js";
import { type PlanAsked, targetOf } from "./asked.js";

type Manifest = Extract<FolderSurvey, { readonly kind: "manifest" }>;

/** `from` is the folder, `path` the same relative to the spec. @throws MillraceError */
export async function manifestPlan(
  from: string,
  path: string,
  { tables, images }: Manifest,
  asked: PlanAsked,
): Promise<ProjectPlan> {
  const readable = tables.filter((name) => /\.(csv|tsv|jsonl|ndjson)$/i.test(name));
  for (const name of readable) {
    const survey = await surveyTable(join(from, name), asked);
    const place = imageColumn(survey.columns, images);
    if (place === undefined) continue;
    const others = survey.columns.filter((column) => column.name !== place.column);
    const target = await targetOf({ ...survey, columns: others }, asked);
    const baseline = baselineOf(target).text;
    const looks = await surveyImages(from, images);
    const type = target.task === "classification" ? "class" : "float32";
    const samples = target.column.rows - target.column.missing;
    const found = [
      `${name}: ${survey.rows.toLocaleString("en")} rows, whose column "${place.column}" names the images`,
      `${looks.sameSize ? "all" : "about"} ${looks.width} × ${looks.height}, ${looks.grayscale ? "gray" : "in colour"}`,
    ];
    const columns = {
      image: { type: "image", from: place.column },
      label: { type, from: target.column.name, ...(target.column.missing > 0 && { missing: "drop" }) },
    };
    const options = {
      manifest: `${path}/${name}`,
      ...(place.folder !== "" && { root: `${path}/${place.folder}` }),
      ...(looks.grayscale && { mode: "grayscale" }),
      columns,
    };
    const source = { use: "image-folder", with: options };
    return {
      spec: imageSpec({
        source,
        images: looks,
        samples,
        task: target.task,
        baseline,
        notes: [...found, ...target.reasons],
      }),
      found,
      decisions: [...target.reasons, ...leftOut(others.filter((column) => column !== target.column))],
      baseline,
      files: {},
      question: `${path}/${images[0]}`,
      packages: {},
    };
  }
  throw new MillraceError("INPUT_INVALID", `no table in ${basename(from)} names the images that lie there`, {
    hint: `Looked at: ${tables.join(", ")}. A CSV file with a column of their paths would do, or a folder for each class.`,
  });
}

function leftOut(columns: readonly { readonly name: string }[]): string[] {
  return columns.length === 0 ? [] : [`left out: ${columns.map(({ name }) => `"${name}"`).join(", ")}`];
}

interface Place {
  readonly column: string;
  /** What stands before the paths, relative to the table's folder. */
  readonly folder: string;
}

/** The column all of whose values are images that are there: in the table's folder, or in a folder of it. */
function imageColumn(
  columns: readonly { readonly name: string; readonly counts: ReadonlyMap<string, number> }[],
  images: readonly string[],
): Place | undefined {
  const known = new Set(images);
  const folders = [
    "",
    ...new Set(images.map((path) => path.split("/").slice(0, -1).join("/")).filter(Boolean)),
  ];
  for (const { name, counts } of columns) {
    for (const folder of folders) {
      const values = [...counts.keys()];
      const inFolder = (value: string) => known.has(folder === "" ? value : `${folder}/${value}`);
      if (values.length > 0 && values.every(inFolder)) return { column: name, folder };
    }
  }
  return undefined;
}
