/** What a run did not train on, beside samples that could not be made, and why: in sentences. */
import { readQuarantine } from "@millrace/core/dataloader";
import { type Line, sourcesOf } from "@millrace/core/spec";
import { count, plural } from "../view/format.js";

/** Nothing where all is used. `excludePath` is where the spec's `exclude` lies. */
export function skippedOf(
  { spec, samples, loaders }: Pick<Line, "spec" | "samples" | "loaders">,
  excludePath?: string,
): string[] {
  const { loader, exclude } = spec;
  const said: string[] = [];
  if (exclude !== undefined) {
    const listed = excludePath === undefined ? undefined : countOf(excludePath);
    const many = listed === undefined ? "The samples" : `The ${plural(listed, "sample")}`;
    said.push(`${many} that ${exclude} lists ${listed === 1 ? "is" : "are"} left out (exclude).`);
  }
  for (const { use, limit } of sourcesOf(spec)) {
    if (limit !== undefined) {
      said.push(`Of ${use}, at most ${plural(limit, "sample")} are read in an epoch (limit).`);
    }
  }
  const length = samples.train?.length;
  const chooses = loader.sampler ?? loader.batchSampler ?? spec.sources?.find((each) => each.weight);
  const tail = length === undefined ? 0 : length % (loaders.train.batchSize ?? 1);
  if (loader.dropLast && chooses === undefined && tail > 0) {
    const full = `fill no batch of ${count(loader.batchSize)}`;
    said.push(
      `${plural(tail, "training sample")} of each epoch ${full} and ${tail === 1 ? "is" : "are"} left out (dropLast)${loader.shuffle ? ", others in each" : ""}.`,
    );
  }
  return said;
}

/** Undefined where the file cannot be read any more; a report must not fail for it. */
function countOf(path: string): number | undefined {
  try {
    return readQuarantine(path).length;
  } catch {
    return undefined;
  }
}
