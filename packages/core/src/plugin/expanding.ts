/** A plugin that is given its options with the environment's variables in them, and named by its faults, whoever calls it. */
import { expandOptions } from "../kit/environment.js";
import { type Blamed, blaming } from "./blaming.js";
import type { Plugin } from "./plugin.js";

/**
 * Options refer to the environment until a plugin of their own is called with them: what a line keeps, logs and tells has
 * the references, and never what they stand for.
 */
export function expanding(plugin: Plugin, origin: string): Plugin {
  const { keeps } = plugin;
  const blamed: Blamed = { kind: plugin.kind, name: plugin.name, origin };
  const asking = <T>(what: string, given: unknown, ask: (options: unknown) => T): T => {
    const options = expandOptions(given);
    return blaming(blamed, what, () => ask(options));
  };
  return {
    ...plugin,
    create: (options, context) => asking("create", options, (own) => plugin.create(own, context)),
    ...(plugin.inputs && {
      inputs: (options, context) => asking("inputs", options, (own) => plugin.inputs?.(own, context)),
    }),
    ...(plugin.fit && {
      fit: (options, place) => asking("fit", options, (own) => plugin.fit?.(own, place)),
    }),
    ...(plugin.touches && {
      touches: (options, fields) => asking("touches", options, (own) => plugin.touches?.(own, fields)),
    }),
    ...(plugin.fields && {
      fields: (fields, options, fitted) =>
        asking("fields", options, (own) => plugin.fields?.(fields, own, fitted)) ?? fields,
    }),
    ...(plugin.facts && {
      facts: (facts, options, fitted, fields) =>
        asking("facts", options, (own) => plugin.facts?.(facts, own, fitted, fields)) ?? facts,
    }),
    ...(plugin.inverse && {
      inverse: (field, options, fitted) =>
        asking("inverse", options, (own) => plugin.inverse?.(field, own, fitted)),
    }),
    ...(keeps && {
      keeps: {
        outlives: (options) => keeps.outlives(expandOptions(options)),
        open: (options, context) => keeps.open(expandOptions(options), context),
        keep: (dataset, handle, logger) => keeps.keep(dataset, handle, logger),
      },
    }),
  };
}
