/** The composition root: which plugins every spec may use, and a line made of them. */
import {
  type CheckedSpec,
  checkSpec,
  type Line,
  loadPlugin,
  type Logger,
  LoggerService,
  openLine,
  type Override,
  readSpec,
  Registry,
  resolvePlugin,
} from "@millrace/core";

const defaults = [
  "@millrace/core/builtin",
  "@millrace/source-fs",
  "@millrace/source-sql",
  "@millrace/collate-text",
  "@millrace/trainer",
] as const;

/** A spec that was checked, and what it opens. Whoever composes it closes it, after the line. */
export interface Composition extends CheckedSpec {
  open(): Promise<Line>;
  close(): Promise<void>;
}

/** @throws MillraceError for a spec that cannot be read or has faults. */
export async function compose(
  path: string,
  overrides: readonly Override[],
  logger: Logger,
): Promise<Composition> {
  const text = await readSpec(path, overrides);
  const registry = newRegistry(logger);
  try {
    const { spec, modules } = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
    return {
      spec,
      modules,
      open: () => openLine(spec, { registry, modules, url: text.url, logger }),
      close: () => registry.close(),
    };
  } catch (error) {
    await registry.close();
    throw error;
  }
}

/** A registry with the default plugins alone. */
export async function composeDefaults(logger: Logger): Promise<Registry> {
  const registry = newRegistry(logger);
  const loaded = new Set<string>();
  for (const specifier of defaults) {
    await loadPlugin(resolvePlugin(specifier, new URL(import.meta.url)), registry, loaded);
  }
  return registry;
}

function newRegistry(logger: Logger): Registry {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  return registry;
}
