/** The composition root: which plugins every spec may use, and a line made of them. */
import { homedir } from "node:os";
import { join } from "node:path";
import {
  type CheckedSpec,
  checkSpec,
  type Line,
  type LineOptions,
  loadPlugin,
  type Logger,
  LoggerService,
  openLine,
  Registry,
  resolvePlugin,
  type SpecText,
} from "@millrace/core";
import { cudaCache } from "@millrace/trainer";

const defaults = [
  "@millrace/core/builtin",
  "@millrace/source-fs",
  "@millrace/source-sql",
  "@millrace/collate-text",
  "@millrace/trainer",
] as const;

/** A spec that was checked, and what it opens. Whoever composes it closes it, after the line. */
export interface Composition extends CheckedSpec {
  /** What the lines of core need beside the spec. */
  readonly options: LineOptions;
  open(): Promise<Line>;
  close(): Promise<void>;
}

/** @throws MillraceError for a spec that has faults. */
export async function compose(text: SpecText, logger: Logger): Promise<Composition> {
  const registry = newRegistry(logger);
  try {
    const { spec, modules } = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
    const options: LineOptions = { registry, modules, url: text.url, logger };
    return {
      spec,
      modules,
      options,
      open: () => openLine(spec, options),
      close: () => registry.close(),
    };
  } catch (error) {
    await registry.close();
    throw error;
  }
}

/**
 * Lets CUDA keep the kernels that it compiles for this machine's GPU, which may take minutes, from one run to the next.
 * Call before a device is opened; what a person has set stays.
 */
export function keepCompiledKernels(env: NodeJS.ProcessEnv): void {
  const caches = env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  for (const [name, value] of Object.entries(cudaCache(join(caches, "millrace", "cuda"))))
    env[name] ??= value;
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
