/** From a spec's text to a checked spec and a registry that holds its plugins. */
import { MillraceError } from "../errors.js";
import { loadPlugin, type PluginModule, resolvePlugin } from "../plugin/load.js";
import type { Registry } from "../plugin/registry.js";
import { parseKept, pathText, pluginsOf, specInvalid } from "../spec/parse.js";
import type { SpecText } from "../spec/read.js";
import type { Spec } from "../spec/schema.js";
import { cacheFaults } from "./cache-faults.js";
import { fitFaults } from "./fit/faults.js";
import { loaderFaults } from "./loader-faults.js";

export interface CheckOptions {
  readonly registry: Registry;
  /** Plugin modules that every spec may use, as package names or file URLs. */
  readonly defaults: readonly string[];
  /** The module that `defaults`, and packages not installed beside the spec, are resolved from: `import.meta.url`. */
  readonly fallbackUrl: string;
  /** True where variables of the environment that are not set matter only once something needs them, as after training. */
  readonly later?: boolean;
}

/** A spec that is ready to be opened. */
export interface CheckedSpec {
  readonly spec: Spec;
  /** The same as it is kept with a run: it refers to the environment where the spec does. */
  readonly kept: Spec;
  readonly modules: readonly PluginModule[];
}

/** Modules that were loaded, and what is wrong with the others. */
interface LoadedPlugins {
  readonly modules: readonly PluginModule[];
  /** As `specInvalid` takes them. */
  readonly faults: readonly string[];
}

/**
 * Loads the plugins, then checks the whole against the schema composed from them.
 * @throws MillraceError SPEC_INVALID with every fault found, plugins that cannot be loaded among them.
 */
export async function checkSpec(text: SpecText, options: CheckOptions): Promise<CheckedSpec> {
  const { registry, later = false } = options;
  const { modules, faults } = await modulesOf(text, options);
  try {
    const { spec, kept } = parseKept(text, registry, { later });
    const found = [
      ...faults,
      ...cacheFaults(spec, text, registry),
      ...fitFaults(spec, text, registry),
      ...loaderFaults(spec, text),
    ];
    if (found.length > 0) throw specInvalid(text, found);
    return { spec, kept, modules };
  } catch (error) {
    const invalid = error instanceof MillraceError && error.code === "SPEC_INVALID" && faults.length > 0;
    throw invalid ? specInvalid(text, [...new Set([...faults, ...error.details])]) : error;
  }
}

/** Loads the default plugins and those that a spec names into a registry. @throws MillraceError SPEC_INVALID */
export async function loadPlugins(text: SpecText, options: CheckOptions): Promise<readonly PluginModule[]> {
  const { modules, faults } = await modulesOf(text, options);
  if (faults.length > 0) throw specInvalid(text, faults);
  return modules;
}

async function modulesOf(
  text: SpecText,
  { registry, defaults, fallbackUrl }: CheckOptions,
): Promise<LoadedPlugins> {
  const loaded = new Set<string>();
  const modules: PluginModule[] = [];
  for (const specifier of defaults) {
    const module = resolvePlugin(specifier, new URL(fallbackUrl), fallbackUrl);
    await loadPlugin(module, registry, loaded);
    modules.push(module);
  }
  const faults: string[] = [];
  for (const { specifier, path } of pluginsOf(text)) {
    try {
      const module = resolvePlugin(specifier, text.url, fallbackUrl);
      await loadPlugin(module, registry, loaded);
      modules.push(module);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      faults.push(
        `${text.locate(path)} ${pathText(path)}: ${[error.message, error.hint].filter(Boolean).join(". ")}`,
      );
    }
  }
  return { modules, faults };
}
