/** What the schema knows at a place of a spec: the kind of plugin, its options, their names. */
import { z } from "zod";
import { type Plugin, type PluginKind, pluginKinds } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import type { SpecText } from "./read.js";
import { specSchema } from "./schema.js";

type Path = readonly PropertyKey[];

/** Which kind of plugin stands at a path: `transforms[2].use` is a transform. */
export function kindAt(path: Path): PluginKind | undefined {
  const key = path.findLast((part) => typeof part === "string" && part !== "use" && part !== "with");
  const word = key === "validationSource" ? "source" : String(key).replace(/s$/, "");
  return pluginKinds.find((kind) => kind === word);
}

/** What stands beside `use` and `with` in these lists. */
const besidePlugin: Readonly<Record<string, readonly string[]>> = {
  transforms: ["only"],
  sources: ["transforms", "weight"],
};

/** The option names that are known at a path, for "did you mean". */
export function knownKeys(path: Path, text: SpecText, registry: Registry): string[] {
  if (pluginAt(path, text, registry) !== undefined)
    return ["use", "with", ...(besidePlugin[String(path.at(-2))] ?? [])];
  const at = path.lastIndexOf("with");
  const plugin = at < 0 ? undefined : pluginAt(path.slice(0, at), text, registry);
  let schemas: readonly unknown[] = [plugin?.options ?? specSchema(registry)];
  const start = plugin === undefined ? 0 : at + 1;
  for (let i = start; i <= path.length; i++) {
    const value = valueAt(text.value, path.slice(0, i));
    schemas = schemas.flatMap((schema) => branchesOf(schema, value));
    if (i < path.length) schemas = schemas.map((schema) => within(schema, path[i]));
  }
  return [...new Set(schemas.flatMap((schema) => Object.keys(shapeOf(schema) ?? {})))];
}

/** The branches of a union that have the `type` of `value`, or all; what is no union itself. */
function branchesOf(schema: unknown, value: unknown): readonly unknown[] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodUnion)) return [inner];
  const type = (value as { readonly type?: unknown } | null | undefined)?.type;
  const branches = inner.options.flatMap((each) => branchesOf(each, value));
  const fitting = branches.filter((each) => {
    const literal = shapeOf(each)?.type;
    return literal instanceof z.ZodLiteral && literal.values.has(type as never);
  });
  return fitting.length > 0 ? fitting : branches;
}

function within(schema: unknown, key: PropertyKey): unknown {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : shapeOf(schema)?.[String(key)];
}

function pluginAt(path: Path, text: SpecText, registry: Registry): Plugin | undefined {
  const kind = kindAt(path);
  const name = (valueAt(text.value, path) as { use?: unknown } | undefined)?.use;
  return kind !== undefined && typeof name === "string" && registry.names(kind).includes(name)
    ? registry.get(kind, name)
    : undefined;
}

/** The fields of an object schema, looked for under defaults and optionals. */
function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

export function valueAt(value: unknown, path: Path): unknown {
  let node = value;
  for (const key of path) node = (node as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return node;
}
