/** The composition root: which plugins every spec may use, and a line made of them. */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type GroupPlugin,
  groupOfOne,
  type Logger,
  LoggerService,
  MillraceError,
  type ProcessGroup,
  type Registrable,
} from "@millrace/core";
import {
  type CheckedSpec,
  type CheckOptions,
  checkSpec,
  type Line,
  type LineOptions,
  loadPlugin,
  loadPlugins,
  locateFaults,
  openLine,
  Registry,
  resolvePlugin,
  type SpecText,
} from "@millrace/core/spec";
import { cudaCache } from "@millrace/trainer";

const defaults = [
  "@millrace/core/builtin",
  "@millrace/source-fs",
  "@millrace/source-sql",
  "@millrace/collate-text",
  "@millrace/trainer",
  "@millrace/mpi",
] as const;

/** A spec that was checked, and what the lines of core need beside it. */
export interface Composition extends CheckedSpec {
  readonly options: LineOptions;
}

/** Checks a spec and passes it on. @throws MillraceError with file, line and column of whatever the spec is to blame for. */
export async function withSpec<T>(
  text: SpecText,
  logger: Logger,
  use: (composition: Composition) => Promise<T>,
  { later = false }: Pick<CheckOptions, "later"> = {},
): Promise<T> {
  const registry = newRegistry(logger);
  try {
    const fallbackUrl = import.meta.url;
    const checked = await checkSpec(text, { registry, defaults, fallbackUrl, later });
    const { modules } = checked;
    return await use({ ...checked, options: { registry, modules, url: text.url, logger } });
  } catch (error) {
    throw locateFaults(text, error);
  } finally {
    await registry.close();
  }
}

/**
 * What a line that trains may be told beside its spec: what the run that it goes on with knew, whom to tell of fitting
 * and of bad samples.
 */
export type LineMore = Pick<LineOptions, "facts" | "fitted" | "report" | "onBadSample" | "group">;

/** The registry with the default plugins and those that a spec names, whatever else the spec says. */
export async function withPlugins<T>(
  text: SpecText,
  logger: Logger,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const registry = newRegistry(logger);
  try {
    await loadPlugins(text, { registry, defaults, fallbackUrl: import.meta.url });
    return await use(registry);
  } finally {
    await registry.close();
  }
}

/** The same with the line open that trains what the spec describes, which `onChecked` may prevent. What it fits is kept beside the spec. */
export function withLine<T>(
  text: SpecText,
  logger: Logger,
  use: (line: Line, composition: Composition) => Promise<T>,
  { onChecked, ...more }: LineMore & { readonly onChecked?: () => Promise<void> } = {},
): Promise<T> {
  return withSpec(text, logger, async (composition) => {
    const { spec, options } = composition;
    await onChecked?.();
    const line = await openLine(spec, { ...options, ...besideSpec(text), ...more });
    const used = await use(line, composition).catch(async (error: unknown) => {
      // The first fault is the one to tell, whatever closing meets.
      await line.close().catch(() => undefined);
      throw error;
    });
    await line.close();
    return used;
  });
}

/** Nothing, where the spec comes from a pipe (`<(…)`): there, in /proc, Node never ends making a folder. */
function besideSpec({ url }: SpecText): Pick<LineOptions, "fittedFolder"> {
  const isPipe = statSync(url, { throwIfNoEntry: false })?.isFile() === false;
  return isPipe ? {} : { fittedFolder: fileURLToPath(new URL(".millrace/fitted", url)) };
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

/** Those of the default plugins that bring a group: looked at before anything else is loaded. */
const withGroups = [
  "@millrace/core/builtin",
  "@millrace/mpi",
] as const satisfies readonly (typeof defaults)[number][];

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The group of the default plugins that a launcher started this process in; not joined. */
async function launchedGroup(environment: NodeJS.ProcessEnv): Promise<GroupPlugin | undefined> {
  const registry = await composeOf(withGroups, silent);
  const found = registry.groups().find(({ plugin }) => plugin.launched(environment));
  await registry.close();
  return found?.plugin;
}

/** Which of several processes this is, as far as the launcher's variables say so; undefined for one alone. */
export async function launchedRank(environment: NodeJS.ProcessEnv): Promise<number | undefined> {
  return (await launchedGroup(environment))?.rank?.(environment);
}

const refusals = new WeakSet<object>();

/** True for what each process of a group refuses alike, so that it is told once. */
export function isRefusedByAll(error: unknown): boolean {
  return refusals.has(error as object);
}

/** For a command that several processes would each do by themselves, and write over each other. @throws MillraceError USAGE */
export async function refuseGroup(command: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const found = await launchedGroup(environment);
  if (found === undefined) return;
  const refusal = new MillraceError(
    "USAGE",
    `\`${command}\` is for one process, but this is one of several: ${found.summary} (${found.name})`,
    {
      hint: `Start it as \`millrace ${command} …\`, with no launcher before it; \`run\` and \`resume\` are for several.`,
    },
  );
  refusals.add(refusal);
  throw refusal;
}

/**
 * The group that a launcher started this process in, of the default plugins or of those that a spec names; of one where there is
 * none. What is wrong with the spec is told by whoever reads it next. @throws MillraceError GROUP_FAILED
 */
export async function openGroup(
  logger: Logger,
  environment: NodeJS.ProcessEnv,
  spec: () => Promise<SpecText | undefined> = () => Promise.resolve(undefined),
): Promise<ProcessGroup> {
  const launchedIn = (registry: Registry) =>
    registry.groups().find(({ plugin }) => plugin.launched(environment))?.plugin;
  const registry = await composeOf(withGroups, logger);
  let found = launchedIn(registry);
  await registry.close();
  const text = found === undefined ? await spec().catch(() => undefined) : undefined;
  const { plugins } = (text?.value ?? {}) as { readonly plugins?: unknown };
  if (text !== undefined && Array.isArray(plugins) && plugins.length > 0)
    found = await withPlugins(text, logger, async (own) => launchedIn(own)).catch(() => undefined);
  return (await found?.open({ logger, environment })) ?? groupOfOne;
}

/** A registry with the default plugins alone. */
export function composeDefaults(logger: Logger): Promise<Registry> {
  return composeOf(defaults, logger);
}

async function composeOf(specifiers: readonly string[], logger: Logger): Promise<Registry> {
  const registry = newRegistry(logger);
  const loaded = new Set<string>();
  for (const specifier of specifiers) {
    await loadPlugin(resolvePlugin(specifier, new URL(import.meta.url)), registry, loaded);
  }
  return registry;
}

/** The services of the default plugins, for registries that hold little else. */
export async function defaultServices(): Promise<Registrable[]> {
  const modules = await Promise.all(
    defaults.map((specifier) => import(resolvePlugin(specifier, new URL(import.meta.url)).url)),
  );
  return modules
    .flatMap((module) => (module as { default: readonly Registrable[] }).default)
    .filter(({ kind }) => kind === "service");
}

function newRegistry(logger: Logger): Registry {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  return registry;
}
