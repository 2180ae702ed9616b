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
  const value = valueAt(text.value, path);
  const schemas = schemasAt(path, text, registry).flatMap((schema) => branchesOf(schema, value));
  return [...new Set(schemas.flatMap((schema) => Object.keys(shapeOf(schema) ?? {})))];
}

/** The words that `type` may be at a path for `key` to be an option there. */
export function typesWith(key: string, path: Path, text: SpecText, registry: Registry): string[] {
  const branches = schemasAt(path, text, registry).flatMap(allBranches);
  return branches.flatMap((branch) => {
    const shape = shapeOf(branch) ?? {};
    return Object.hasOwn(shape, key) ? wordsOf(shape.type) : [];
  });
}

/** What may stand at a path: more than one where unions are on the way. */
function schemasAt(path: Path, text: SpecText, registry: Registry): readonly unknown[] {
  const at = path.lastIndexOf("with");
  const plugin = at < 0 ? undefined : pluginAt(path.slice(0, at), text, registry);
  let schemas: readonly unknown[] = [plugin?.options ?? specSchema(registry)];
  const start = plugin === undefined ? 0 : at + 1;
  for (let i = start; i < path.length; i++) {
    const value = valueAt(text.value, path.slice(0, i));
    schemas = schemas.flatMap((schema) => branchesOf(schema, value)).map((schema) => within(schema, path[i]));
  }
  return schemas;
}

/** The branches of a union that have the `type` of `value`, or all; what is no union itself. */
function branchesOf(schema: unknown, value: unknown): readonly unknown[] {
  const type = (value as { readonly type?: unknown } | null | undefined)?.type;
  const branches = allBranches(schema);
  const fitting = branches.filter((each) => {
    const kind = shapeOf(each)?.type;
    return type === undefined ? isLeftOut(kind) : (wordsOf(kind) as unknown[]).includes(type);
  });
  return fitting.length > 0 ? fitting : branches;
}

function allBranches(schema: unknown): readonly unknown[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(allBranches) : [inner];
}

/** True for the kind that is meant where none is said. */
function isLeftOut(kind: unknown): boolean {
  return kind instanceof z.ZodDefault && wordsOf(kind).length > 0;
}

function wordsOf(schema: unknown): string[] {
  const literal = unwrapped(schema);
  return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : [];
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
