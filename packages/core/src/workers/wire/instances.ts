/** Instances of classes that say where they are exported: `static [recipeOf] = import.meta.url`. */
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { MillraceError } from "../../errors.js";

/** How an instance is made again: from its fields as they are now, or by a recipe of its own. */
export interface ClassRecipe extends ValueRecipe {
  readonly fields?: Readonly<Record<string, unknown>>;
}

type AnyClass = (abstract new (
  ...args: never[]
) => unknown) & {
  readonly [recipeOf]?: unknown;
};

/**
 * Undefined for what is no instance of such a class, or knows its recipe itself.
 * @throws MillraceError WORKER_RECIPE for a class that is not the one that says it, or whose fields cannot all be seen.
 */
export function classRecipe(value: unknown, name: () => string): ClassRecipe | undefined {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, recipeOf)) return undefined;
  const { constructor: type } = (Object.getPrototypeOf(value) ?? {}) as { readonly constructor?: AnyClass };
  if (typeof type !== "function" || type[recipeOf] === undefined) return undefined;
  if (!Object.hasOwn(type, recipeOf)) {
    throw refuse(
      `workers know how to make an instance of the class that ${type.name} extends, but not of ${type.name} itself`,
      `Give ${type.name} a \`static [recipeOf] = import.meta.url\` of its own.`,
    );
  }
  const said = type[recipeOf];
  if (typeof said === "function") return (said as (instance: object) => ValueRecipe).call(type, value);
  const hidden = hiddenFields(type);
  if (hidden !== undefined) {
    throw refuse(
      `workers make ${name()} again from its fields, but ${hidden} has private ones (#…), which nobody else can read`,
      `Say how it is made: \`static [recipeOf] = (dataset) => ({ module: import.meta.url, export: "${type.name}", args: […] })\`, or use \`private\` instead of #.`,
    );
  }
  return {
    module: said instanceof URL ? said.href : (said as string),
    export: type.name,
    fields: { ...value },
  };
}

/** The name of the class of the chain that has private fields, if any. */
function hiddenFields(type: AnyClass): string | undefined {
  for (let at: unknown = type; typeof at === "function" && at.name !== ""; at = Object.getPrototypeOf(at)) {
    const source = Function.prototype.toString.call(at);
    const code = source.replace(
      /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g,
      "",
    );
    if (/#[\p{ID_Start}$_]/u.test(code)) return at.name;
  }
  return undefined;
}

function refuse(message: string, hint: string): MillraceError {
  return new MillraceError("WORKER_RECIPE", message, { hint });
}
