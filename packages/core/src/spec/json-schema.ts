/** The schema of specs as JSON Schema (draft 7), for editors: names, options, defaults and words of all registered plugins. */
import { z } from "zod";
import { type PluginKind, pluginKinds } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import { type JsonSchema, optional, withReferences } from "./json-schema-parts.js";
import { needsNone, specShape } from "./schema.js";

export interface JsonSchemaOptions {
  /** True for specs that are laid over others: nothing is required of them, and null takes out what others say. */
  readonly partial?: boolean;
}

/** What a node made by `placeholder` says instead of a type. */
const kindKey = "x-plugin-kind";

/** Everything a spec may say, for the plugins that `registry` holds. Each plugin's options stand under its own `use` alone. */
export function specJsonSchema(registry: Registry, { partial = false }: JsonSchemaOptions = {}): JsonSchema {
  const adapt = (schema: JsonSchema) => withReferences(partial ? optional(schema) : schema);
  const definitions: Record<string, JsonSchema> = {};
  for (const kind of pluginKinds) {
    for (const { plugin } of registry.list(kind)) {
      const name = definitionName(kind, plugin.name);
      const { definitions: own = {}, ...options } = located(jsonSchemaOf(plugin.options), name);
      definitions[name] = adapt(options);
      for (const [each, schema] of Object.entries(own)) definitions[`${name}.${each}`] = adapt(schema);
    }
    definitions[kind] = optionsByName(registry, kind, partial);
  }
  const shape = jsonSchemaOf(specShape(placeholder));
  const whole = adapt(plugged(shape, registry, partial));
  const either = [{ required: ["source"] }, { required: ["sources"] }];
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: partial ? "A Millrace spec that is laid over others" : "A Millrace spec",
    ...whole,
    ...(!partial && { anyOf: either }),
    definitions,
  };
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    target: "draft-7",
  });
  return made as JsonSchema;
}

function placeholder(kind: PluginKind, extra?: z.ZodRawShape): z.ZodType<never> {
  return z.looseObject(extra ?? {}).meta({ [kindKey]: kind }) as unknown as z.ZodType<never>;
}

function definitionName(kind: string, name: string): string {
  return `${kind}.${name}`.replaceAll(/[^\w.-]/g, "_");
}

/** References within one plugin's schema, which becomes a definition among others. */
function located(schema: JsonSchema, name: string): JsonSchema {
  const place = (ref: string) =>
    ref === "#" ? `#/definitions/${name}` : ref.replace("#/definitions/", `#/definitions/${name}.`);
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "$ref" && typeof value === "string" ? place(value) : value,
  ) as JsonSchema;
}

/** The placeholders replaced by what names a plugin. */
function plugged(schema: JsonSchema, registry: Registry, partial: boolean): JsonSchema {
  const inner = Object.entries(schema).map(([key, value]): [string, unknown] => [
    key,
    within(value, registry, partial),
  ]);
  const made = Object.fromEntries(inner) as JsonSchema;
  const kind = schema[kindKey] as PluginKind | undefined;
  if (kind === undefined) return made;
  const { [kindKey]: _, additionalProperties: _any, properties = {}, ...rest } = made;
  const listed = registry.list(kind).map(({ plugin }) => plugin);
  return {
    ...rest,
    type: "object",
    properties: {
      use: {
        type: "string",
        description: `the ${kind}'s name`,
        enum: listed.map(({ name }) => name),
        // What editors of this family show beside each name.
        enumDescriptions: listed.map(({ summary }) => summary),
      },
      with: { type: "object", description: `the options of the ${kind}` },
      ...properties,
    },
    required: ["use"],
    additionalProperties: false,
    allOf: [{ $ref: `#/definitions/${kind}` }],
  };
}

function within(value: unknown, registry: Registry, partial: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => within(item, registry, partial));
  return typeof value === "object" && value !== null
    ? plugged(value as JsonSchema, registry, partial)
    : value;
}

/** The options that go with each name of a kind. */
function optionsByName(registry: Registry, kind: PluginKind, partial: boolean): JsonSchema {
  return {
    allOf: registry.list(kind).map(({ plugin: { name, summary, options } }) => ({
      if: { properties: { use: { const: name } }, required: ["use"] },
      // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
      then: {
        description: summary,
        properties: { with: { $ref: `#/definitions/${definitionName(kind, name)}` } },
        ...(!partial && !needsNone(options) && { required: ["with"] }),
      },
    })),
  };
}
