/** What a plugin's options are, in words: for listings and tables, from the one schema that also checks them. */
import { z } from "zod";
import { boundsText, type OptionSchema, typeText } from "./describe-type.js";

/** One option of a plugin. */
export interface OptionDescription {
  readonly name: string;
  /** Such as `"rgb" or "grayscale"`, `list of number`; `plugin` for what names one by `use`. */
  readonly type: string;
  readonly required: boolean;
  /** As JSON, where there is one. */
  readonly default?: string;
  /** Such as `at least 1`, `0 to 1`, where the type alone does not say what may be given. */
  readonly bounds?: string;
  /** The option's own `.describe`. */
  readonly about: string;
  /** The objects that may be given, in place of the option or in it, each with options of its own. */
  readonly parts?: readonly OptionPart[];
}

/** An object among what an option may be. */
export interface OptionPart {
  /** Where it stands: behind the option's name, such as `[]` for the entries of a list and `.NAME` for names of one's own. */
  readonly at: string;
  /** What tells it from others in the same place, such as `type: "adam"`. */
  readonly when?: string;
  readonly about: string;
  readonly options: readonly OptionDescription[];
}

/** The options of a plugin's schema, in the order in which it states them. */
export function describeOptions(options: z.ZodType): OptionDescription[] {
  return optionsOf(z.toJSONSchema(options, { io: "input", unrepresentable: "any" }) as OptionSchema);
}

function optionsOf(schema: OptionSchema): OptionDescription[] {
  return Object.entries(schema.properties ?? {}).map(([name, option]) => {
    const bounds = boundsText(option);
    const parts = partsOf(option, "");
    return {
      name,
      type: typeText(option),
      required: schema.required?.includes(name) ?? false,
      ...(option.default !== undefined && { default: JSON.stringify(option.default) }),
      ...(bounds !== "" && { bounds }),
      about: option.description ?? "",
      ...(parts.length > 0 && { parts }),
    };
  });
}

function partsOf(option: OptionSchema, at: string): OptionPart[] {
  const choices = option.anyOf ?? option.oneOf;
  if (choices !== undefined) return distinct(choices.flatMap((choice) => partsOf(choice, at)));
  if (option.items !== undefined) return partsOf(option.items, `${at}[]`);
  if (typeof option.additionalProperties === "object")
    return partsOf(option.additionalProperties, `${at}.NAME`);
  if (option.properties === undefined) return [];
  const mark = markOf(option);
  const plugin = mark?.[0] === "use";
  // What a plugin is given is told where plugins are, and the mark by `when`.
  const told = plugin ? ["use", "with"] : [mark?.[0]];
  const own = optionsOf(option).filter(({ name }) => !told.includes(name));
  if (own.length === 0) return [];
  const when = mark === undefined || plugin ? undefined : `${mark[0]}: ${JSON.stringify(mark[1].const)}`;
  const about = plugin ? "" : (mark?.[1].description ?? option.description ?? "");
  return [
    {
      at,
      ...(when !== undefined && { when }),
      about: at === "" && when === undefined ? "" : about,
      options: own,
    },
  ];
}

/** The property that has one value alone, by which a choice is told from others. */
function markOf({ properties = {} }: OptionSchema): [string, OptionSchema] | undefined {
  return Object.entries(properties).find(([, { const: only }]) => only !== undefined);
}

/** Plugins of one kind are given the same beside their own options. */
function distinct(parts: readonly OptionPart[]): OptionPart[] {
  const seen = new Map(parts.map((part) => [JSON.stringify(part), part]));
  return [...seen.values()];
}
