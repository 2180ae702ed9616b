/** What of a JSON Schema changes for specs that editors look at: references to the environment, and specs that are only a part. */

/** A JSON Schema, as far as it is looked at here. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly [key: string]: unknown;
}

const reference = { type: "string", pattern: "\\$\\{env:" };
const loose = new Set(["number", "integer", "boolean"]);
const words: Readonly<Record<string, string>> = {
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
};

/** Numbers, truth values and words of a few may come from the environment; bounds that all numbers keep are left out. */
export function withReferences(schema: JsonSchema): JsonSchema {
  const made = mapped(schema, withReferences);
  const { type } = made;
  const types = [type ?? []].flat();
  if (types.some((each) => loose.has(each)) && !types.includes("string") && made.const === undefined) {
    const what = types.flatMap((each) => words[each] ?? []).join(" or ");
    const { minimum, maximum, ...rest } = made;
    return {
      ...rest,
      ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
      ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
      type: [...types, "string"],
      pattern: reference.pattern,
      patternErrorMessage: `must be ${what}, or come from the environment: \${env:NAME}`,
    };
  }
  if (made.enum === undefined || made.enumDescriptions !== undefined) return made;
  const { enum: values, type: _, ...rest } = made;
  return { ...rest, anyOf: [{ enum: values }, reference] };
}

/** Nothing is required, and any key may be null, which takes it out; entries of lists are whole. */
export function optional(schema: JsonSchema): JsonSchema {
  const { required: _, oneOf, ...made } = schema;
  const { properties, anyOf, additionalProperties } = made;
  return {
    ...made,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, each]) => [key, orNull(optional(each))]),
      ),
    }),
    ...(isSchema(additionalProperties) && { additionalProperties: orNull(optional(additionalProperties)) }),
    ...(anyOf && { anyOf: anyOf.map(optional) }),
    // What told them apart was required.
    ...(oneOf && { anyOf: [...(anyOf ?? []).map(optional), ...oneOf.map(optional)] }),
  };
}

function orNull(schema: JsonSchema): JsonSchema {
  const nothing = { type: "null" };
  if (schema.anyOf !== undefined) return { ...schema, anyOf: [...schema.anyOf, nothing] };
  if (schema.oneOf !== undefined) return { ...schema, oneOf: [...schema.oneOf, nothing] };
  if (schema.const !== undefined || schema.type === undefined) return schema;
  const values = schema.enum && { enum: [...schema.enum, null] };
  const texts = Array.isArray(schema.enumDescriptions) && {
    enumDescriptions: [...(schema.enumDescriptions as readonly unknown[]), "take it out"],
  };
  return { ...schema, type: [...[schema.type].flat(), "null"], ...values, ...texts };
}

function mapped(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "properties" || key === "definitions")
      return [
        key,
        Object.fromEntries(
          Object.entries(value as Record<string, JsonSchema>).map(([name, each]) => [name, change(each)]),
        ),
      ];
    if (key === "default" || key === "examples" || key === "enum" || key === "const") return [key, value];
    if (Array.isArray(value))
      return [key, value.map((item: unknown) => (isSchema(item) ? change(item) : item))];
    return [key, isSchema(value) ? change(value) : value];
  });
  return Object.fromEntries(entries);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
