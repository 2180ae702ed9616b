/** The types and bounds of options in words, from JSON Schema. */

/** The part of a JSON Schema that says what an option is. */
export interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly additionalProperties?: OptionSchema | boolean;
  readonly required?: readonly string[];
  readonly items?: OptionSchema;
  readonly prefixItems?: readonly OptionSchema[];
  readonly anyOf?: readonly OptionSchema[];
  readonly oneOf?: readonly OptionSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

/** Such as `"rgb" or "grayscale"`, `list of number`. */
export function typeText(option: OptionSchema): string {
  const choices = option.anyOf ?? option.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(" or ");
  if (option.enum !== undefined) return option.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (option.const !== undefined) return JSON.stringify(option.const);
  if (option.prefixItems !== undefined) return `[${option.prefixItems.map(typeText).join(", ")}]`;
  if (option.type === "array")
    return `list of ${option.items === undefined ? "anything" : typeText(option.items)}`;
  if (option.properties?.use?.const !== undefined) return "plugin";
  return [option.type ?? "anything"].flat().join(" or ");
}

/** Such as `at least 1`, `above 0, below 1`; "" where any value of the type will do. */
export function boundsText(option: OptionSchema): string {
  const choices = option.anyOf ?? option.oneOf ?? option.prefixItems;
  if (choices !== undefined) return [...new Set(choices.map(boundsText))].filter(Boolean).join("; ");
  if (option.type === "array") {
    const each = option.items === undefined ? "" : boundsText(option.items);
    const count = countText(option);
    return [count, each === "" ? "" : `each ${each}`].filter(Boolean).join(", ");
  }
  return option.type === "string" ? lettersText(option) : rangeText(option);
}

function rangeText(option: OptionSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, type } = option;
  const next = type === "integer" && exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : undefined;
  // Whole numbers end where JavaScript's do, which is no bound that anyone meets.
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : next;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  const from = least === undefined ? bound("above", exclusiveMinimum) : `at least ${least}`;
  const to = most === undefined ? bound("below", exclusiveMaximum) : `at most ${most}`;
  return [from, to].filter(Boolean).join(", ");
}

function bound(word: string, value: number | undefined): string {
  return value === undefined ? "" : `${word} ${value}`;
}

function countText({ minItems = 0, maxItems }: OptionSchema): string {
  if (maxItems === undefined) return minItems === 0 ? "" : `at least ${entries(minItems)}`;
  return minItems === maxItems ? entries(minItems) : `${minItems} to ${entries(maxItems)}`;
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}

/** A pattern that is too long to be read is left to the option's own words. */
function lettersText({ minLength = 0, maxLength, pattern }: OptionSchema): string {
  if (pattern !== undefined && pattern.length <= 40) return `matches ${pattern}`;
  if (maxLength === undefined) return minLength > 0 ? "not empty" : "";
  if (minLength === maxLength) return minLength === 1 ? "one character" : `${minLength} characters`;
  return `${minLength} to ${maxLength} characters`;
}
