/** What `sources` may say in a spec: several sources as one, each with transforms of its own. */
import { z } from "zod";
import type { TransformUse, Use } from "./use.js";

/** What any source says beside `use` and `with`. */
export const limit = z
  .int()
  .positive()
  .optional()
  .describe(
    "streams only: most samples of an epoch, over all splits and workers; an endless stream has epochs by it",
  );

/** What a source says beside `use` and `with` where there are several. */
export function sourceShape<T extends z.ZodType>(transform: T) {
  return {
    limit,
    transforms: z
      .array(transform)
      .default([])
      .describe("what this source's samples pass through, before the spec's own transforms"),
    weight: z
      .number()
      .positive()
      .optional()
      .describe(
        "its share of each epoch, in any unit; 1 where others have one. Without weights each epoch has every sample once",
      ),
  };
}

/** One source of a spec, and its own transforms. */
export interface SourceEntry extends Use {
  readonly transforms: readonly TransformUse[];
  readonly limit?: number | undefined;
  readonly weight?: number | undefined;
}

/** A spec's sources: one, or as many as `sources` has. */
export function sourcesOf(spec: {
  readonly source?: (Use & { readonly limit?: number | undefined }) | undefined;
  readonly sources?: readonly SourceEntry[] | undefined;
}): readonly SourceEntry[] {
  if (spec.sources !== undefined) return spec.sources;
  return spec.source === undefined ? [] : [{ ...spec.source, transforms: [] }];
}
