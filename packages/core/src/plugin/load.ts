/** Finds and imports plugin modules: a package name, or a file path relative to the spec. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { resolve } from "import-meta-resolve";
import { MillraceError, messageOf } from "../errors.js";
import type { GroupPlugin } from "./group.js";
import { type Plugin, pluginKinds, type Registrable } from "./plugin.js";
import type { Registry } from "./registry.js";
import type { AnyService } from "./service.js";

/** A plugin module that was found; `url` is what worker threads import. */
export interface PluginModule {
  /** As written: in the spec, or in the program's defaults. */
  readonly specifier: string;
  readonly url: string;
}

/**
 * Resolves `specifier`: a path (`./x.js`, `/x.js`, `file:…`) from `baseUrl`, a package name from there too and, where
 * it is not installed there, from `fallbackUrl` (the program's own dependencies).
 */
export function resolvePlugin(specifier: string, baseUrl: URL, fallbackUrl?: string): PluginModule {
  if (/^(\.{0,2}\/|file:)/.test(specifier)) {
    const url = new URL(specifier, baseUrl);
    if (!existsSync(url)) throw notFound(specifier, `there is no file ${fileURLToPath(url)}`);
    return { specifier, url: url.href };
  }
  let reason = "";
  for (const parent of fallbackUrl === undefined ? [baseUrl.href] : [baseUrl.href, fallbackUrl]) {
    try {
      return { specifier, url: resolve(specifier, parent) };
    } catch (error) {
      reason ||= messageOf(error);
    }
  }
  throw notFound(specifier, reason);
}

/** Imports a module and registers what it default-exports; a module that is registered already is left alone. */
export async function loadPlugin(
  module: PluginModule,
  registry: Registry,
  loaded: Set<string>,
): Promise<void> {
  if (loaded.has(module.url)) return;
  loaded.add(module.url);
  let exported: unknown;
  try {
    exported = ((await import(module.url)) as { default?: unknown }).default;
  } catch (error) {
    throw new MillraceError(
      "PLUGIN_INVALID",
      `plugin "${module.specifier}" cannot be imported: ${messageOf(error)}`,
      {
        cause: error,
        hint: /\.[mc]?ts$/.test(module.url)
          ? "A TypeScript file needs Node 22.18 or later, or a build to JavaScript."
          : "Run it alone with `node` to see its fault.",
      },
    );
  }
  const items: unknown[] = Array.isArray(exported) ? exported : [exported];
  for (const item of items) registry.add(checked(item, module.specifier), module.specifier);
}

function checked(item: unknown, specifier: string): Registrable {
  if (isGroup(item)) return item;
  const candidate = (item ?? {}) as Partial<Plugin> | Partial<AnyService>;
  const isService = candidate.kind === "service" && typeof candidate.name === "string";
  const isPlugin =
    pluginKinds.some((kind) => kind === candidate.kind) &&
    typeof candidate.name === "string" &&
    typeof candidate.create === "function" &&
    "options" in candidate;
  if (isService || isPlugin) return candidate as Registrable;
  throw new MillraceError(
    "PLUGIN_INVALID",
    `plugin "${specifier}" must default-export one plugin or an array of them, was ${describe(item)}`,
    { hint: "End the module with `export default defineSource({ … })` or another define function." },
  );
}

function isGroup(item: unknown): item is GroupPlugin {
  const { kind, name, launched, open } = (item ?? {}) as Partial<GroupPlugin>;
  return (
    kind === "group" &&
    typeof name === "string" &&
    typeof launched === "function" &&
    typeof open === "function"
  );
}

function describe(item: unknown): string {
  if (item === undefined) return "no default export";
  return typeof item === "object" && item !== null
    ? `an object with keys ${Object.keys(item).join(", ")}`
    : typeof item;
}

function notFound(specifier: string, reason: string): MillraceError {
  return new MillraceError("PLUGIN_NOT_FOUND", `plugin "${specifier}" was not found: ${reason}`, {
    hint: /^(\.{0,2}\/|file:)/.test(specifier)
      ? "Paths in `plugins` are relative to the spec."
      : `Install it (\`npm install ${specifier}\`), or write a path that starts with "./".`,
  });
}
