/** Options that are paths: they start beside the file of the spec that says them, whichever specs that is laid over. */
import { z } from "zod";

/** What a path may lead to. */
export type PathKind = "file" | "file or package";

// One for all copies of this package, as zod has one registry.
const key = Symbol.for("millrace.pathOptions");
const shared = globalThis as { [key]?: WeakMap<object, PathKind> };
const kinds = (shared[key] ??= new WeakMap());

/**
 * Text that is a path, or a pattern of paths, relative to the spec. Of "file or package" it is one where there is such a file
 * beside the spec that says it. What is made of it by `.optional()`, `z.array()` and the like is one too; `.describe()` makes
 * another text of it, so that its words are given here.
 */
export function pathOption(about?: string, kind: PathKind = "file"): z.ZodString {
  const text = z.string().min(1);
  const schema = about === undefined ? text : text.describe(about);
  kinds.set(schema, kind);
  return schema;
}

/** What a schema's text may lead to, if it is a path. */
export function pathKindOf(schema: object): PathKind | undefined {
  return kinds.get(schema);
}
