/** A plugin that is given its options with the environment's variables in them, whoever calls it. */
import { expandOptions } from "../kit/environment.js";
import type { Plugin } from "./plugin.js";

/**
 * Options refer to the environment until a plugin of their own is called with them: what a line keeps, logs and tells has
 * the references, and never what they stand for.
 */
export function expanding(plugin: Plugin): Plugin {
  const { keeps } = plugin;
  return {
    ...plugin,
    create: (options, context) => plugin.create(expandOptions(options), context),
    ...(plugin.inputs && {
      inputs: (options, context) => plugin.inputs?.(expandOptions(options), context),
    }),
    ...(plugin.fit && { fit: (options, place) => plugin.fit?.(expandOptions(options), place) }),
    ...(plugin.touches && { touches: (options, fields) => plugin.touches?.(expandOptions(options), fields) }),
    ...(plugin.fields && {
      fields: (fields, options, fitted) => plugin.fields?.(fields, expandOptions(options), fitted) ?? fields,
    }),
    ...(plugin.facts && {
      facts: (facts, options, fitted, fields) =>
        plugin.facts?.(facts, expandOptions(options), fitted, fields) ?? facts,
    }),
    ...(plugin.inverse && {
      inverse: (field, options, fitted) => plugin.inverse?.(field, expandOptions(options), fitted),
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
