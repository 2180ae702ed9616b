/** How core's own datasets tell workers to make them again: by their module, their export and their arguments. */
import { recipeOf, type ValueRecipe } from "../contracts/recipe.js";
import { MillraceError } from "../errors.js";

/** `value`, able to tell how it is made again. The key is hidden, so that a spread copy does not pass for the original. */
export function madeBy<T extends object>(value: T, recipe: ValueRecipe): T {
  return Object.defineProperty(value, recipeOf, { value: () => recipe, configurable: true });
}

/**
 * The recipe of an instance of `type`.
 * @throws MillraceError WORKER_RECIPE for an instance of a subclass, which `type` would not make again.
 */
export function recipeFor(
  instance: object,
  type: { readonly name: string; readonly prototype: object },
  module: string,
  args: readonly unknown[],
): ValueRecipe {
  if (Object.getPrototypeOf(instance) === type.prototype) return { module, export: type.name, args };
  throw new MillraceError(
    "WORKER_RECIPE",
    `workers know how to make a ${type.name} again, but not ${instance.constructor.name}, which extends it`,
    { hint: "Say how it is made with `portable(value, { module, export, args })`, or use numWorkers: 0." },
  );
}
