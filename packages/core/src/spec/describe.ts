/** What a plugin's options are, in words: for listings and tables, from the one schema that also checks them. */
import { z } from "zod";

/** One option of a plugin. */
export interface OptionDescription {
  readonly name: string;
  /** Such as `"rgb" or "grayscale"`, `list of number`. */
  readonly type: string;
  readonly required: boolean;
  /** As JSON, where there is one. */
  readonly default?: string;
  /** The option's own `.describe`. */
  readonly about: string;
}

/** The part of a JSON Schema that says what an option is. */
interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly required?: readonly string[];
  readonly items?: OptionSchema;
  readonly prefixItems?: readonly OptionSchema[];
  readonly anyOf?: readonly OptionSchema[];
  readonly oneOf?: readonly OptionSchema[];
}

/** The options of a plugin's schema, in the order in which it states them. */
export function describeOptions(options: z.ZodType): OptionDescription[] {
  const schema = z.toJSONSchema(options, { io: "input", unrepresentable: "any" }) as OptionSchema;
  return Object.entries(schema.properties ?? {}).map(([name, option]) => ({
    name,
    type: typeText(option),
    required: schema.required?.includes(name) ?? false,
    ...(option.default !== undefined && { default: JSON.stringify(option.default) }),
    about: option.description ?? "",
  }));
}

function typeText(option: OptionSchema): string {
  const choices = option.anyOf ?? option.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(" or ");
  if (option.enum !== undefined) return option.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (option.const !== undefined) return JSON.stringify(option.const);
  if (option.prefixItems !== undefined) return `[${option.prefixItems.map(typeText).join(", ")}]`;
  if (option.type === "array")
    return `list of ${option.items === undefined ? "anything" : typeText(option.items)}`;
  return [option.type ?? "anything"].flat().join(" or ");
}
