/** Paths in the options of plugins, said by a file in another folder than the spec's own: seen from there. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { type PathKind, pathKindOf } from "../kit/path-option.js";
import type { Registry } from "../plugin/registry.js";
import { pathFrom } from "./extends.js";
import { kindAt, valueAt } from "./known.js";
import type { SpecText } from "./read.js";
import { withValue } from "./references.js";

type Path = readonly (string | number)[];

interface Found {
  readonly path: Path;
  readonly kind: PathKind;
}

/** The spec with such paths as they are from its first file's folder, beside which a plugin takes them to start. */
export function withPaths(text: SpecText, registry: Registry): SpecText {
  const here = new URL("./", text.url).href;
  let { value, references } = text;
  for (const { path, kind } of pathsIn(text.value, [], registry)) {
    const file = text.fileOf(path);
    if (new URL("./", file).href === here) continue;
    const written = valueAt(text.value, path) as string;
    if (kind === "file or package" && !existsSync(new URL(written, file))) continue;
    const seen = pathFrom(written, file, text.url);
    value = withValue(value, path, seen);
    references = references.map((each) =>
      String(each.path) === String(path) ? { ...each, text: seen } : each,
    );
  }
  return { ...text, value, references };
}

/** In every object that names a plugin. */
function* pathsIn(value: unknown, path: Path, registry: Registry): Generator<Found> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* pathsIn(item, [...path, i], registry);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const { use } = value as { readonly use?: unknown };
  const kind = typeof use === "string" ? kindAt(path) : undefined;
  for (const [name, inner] of Object.entries(value)) {
    if (name !== "with") yield* pathsIn(inner, [...path, name], registry);
    else if (kind !== undefined && registry.names(kind).includes(use as string))
      yield* optionPaths(registry.get(kind, use as string).options, inner, [...path, name]);
  }
}

/** Where an option's schema takes a path, and there is one. */
function* optionPaths(schema: unknown, value: unknown, path: Path): Generator<Found> {
  if (typeof schema !== "object" || schema === null) return;
  const kind = pathKindOf(schema);
  if (kind !== undefined) {
    if (typeof value === "string") yield { path, kind };
    return;
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    yield* optionPaths(schema.unwrap(), value, path);
  else if (schema instanceof z.ZodUnion)
    for (const branch of schema.options) yield* optionPaths(branch, value, path);
  else if (Array.isArray(value)) {
    if (schema instanceof z.ZodArray)
      for (const [i, item] of value.entries()) yield* optionPaths(schema.element, item, [...path, i]);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      if (schema instanceof z.ZodRecord) yield* optionPaths(schema.valueType, inner, [...path, name]);
      else if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, name))
        yield* optionPaths(schema.shape[name], inner, [...path, name]);
    }
  }
}
