/** Folders of images or texts, one for each class. */
import type { FolderSurvey } from "../survey/folder.js";
import type { ImageSurvey } from "../survey/images.js";
import { imageSpec } from "./image-plan.js";
import { batchSizeOf, type ProjectPlan } from "./plan.js";
import { textSpec } from "./text-plan.js";

type ClassFolders = Extract<FolderSurvey, { readonly classes: unknown }>;

/** `images`: where they are images, what they look like. `path` is the folder's, relative to the spec. */
export function folderPlan(path: string, survey: ClassFolders, images: ImageSurvey | undefined): ProjectPlan {
  const { classes, train, validation } = survey;
  const counts = [...classes].map(([name, files]) => ({ name, count: files.length }));
  const samples = counts.reduce((sum, { count }) => sum + count, 0);
  const [most] = counts.toSorted((a, b) => b.count - a.count);
  const baseline = `always saying "${most.name}" is right for ${((100 * most.count) / samples).toFixed(1)} %`;
  const found = foundIn(survey, counts, samples, images);
  const rootOf = (part: string | undefined) => (part === undefined ? path : `${path}/${part}`);
  const sourceOf = (part: string | undefined) =>
    images === undefined
      ? {
          use: "files",
          with: { root: rootOf(part), patterns: "**/*.{txt,md,text}", label: "folder", text: true },
        }
      : { use: "image-folder", with: { root: rootOf(part), ...imageOptions(images, classes) } };
  const shared = {
    source: sourceOf(train),
    ...(validation !== undefined && { validationSource: sourceOf(validation) }),
    samples,
    baseline,
    notes: found,
  };
  const spec =
    images === undefined
      ? textSpec({ ...shared, others: ["path"], words: 130 })
      : imageSpec({ ...shared, images, task: "classification" });
  const [[, [first]]] = classes;
  return {
    spec,
    found,
    decisions: few(counts, samples),
    baseline,
    files: {},
    question: `${path}/${first}`,
    packages: {},
  };
}

/** Endings only where some of those that are there cannot be read. */
function imageOptions({ grayscale, unreadable }: ImageSurvey, classes: ClassFolders["classes"]): object {
  const endings = new Set(
    [...classes.values()].flat().map((path) => path.slice(path.lastIndexOf(".")).toLowerCase()),
  );
  const readable = [...endings].filter((ending) => !unreadable.includes(ending)).sort();
  return {
    ...(grayscale && { mode: "grayscale" }),
    ...(unreadable.length > 0 && { extensions: readable }),
  };
}

function foundIn(
  { kind, train, validation }: ClassFolders,
  counts: readonly { readonly name: string; readonly count: number }[],
  samples: number,
  images: ImageSurvey | undefined,
): string[] {
  const shown = counts.slice(0, 6).map(({ name, count }) => `${name} ${count}`);
  const more = counts.length > 6 ? `, and ${counts.length - 6} more` : "";
  const size =
    images === undefined
      ? []
      : [
          `${images.sameSize ? "all" : "about"} ${images.width} × ${images.height}, ${images.grayscale ? "gray" : "in colour"}`,
        ];
  return [
    `${samples.toLocaleString("en")} ${kind} in ${counts.length} classes: ${shown.join(", ")}${more}`,
    ...size,
    ...(images !== undefined && images.unreadable.length > 0
      ? [`${images.unreadable.join(", ")} files are left out: nothing here decodes them`]
      : []),
    ...(validation === undefined ? [] : [`"${train}" is trained on, "${validation}" is measured`]),
  ];
}

/** Classes of which validation would have next to nothing. */
function few(
  counts: readonly { readonly name: string; readonly count: number }[],
  samples: number,
): string[] {
  const rare = counts.filter(({ count }) => count < 10).map(({ name }) => name);
  const little = samples < 4 * batchSizeOf(samples, 32) ? [`${samples} files are few: expect little`] : [];
  return [
    ...(rare.length > 0
      ? [`fewer than ten files of ${rare.slice(0, 5).join(", ")}: expect little of these`]
      : []),
    ...little,
  ];
}
