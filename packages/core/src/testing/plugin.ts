/** What the suites of all kinds share: options that describe themselves, and plugins opened the way a run opens them. */
import { z } from "zod";
import type { Logger } from "../contracts/logger.js";
import { MillraceError } from "../errors.js";
import type { Kinds, Plugin, PluginKind, Registrable } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { LoggerService } from "../plugin/service.js";
import { expect } from "./expect.js";
import { it, onTestFinished } from "./harness.js";

/** A value, or how to get it once the test runs: for what `beforeAll` makes, such as a file in a temporary folder. */
export type Later<T> = T | (() => T | Promise<T>);

/** Options that must be refused, by the schema or when the plugin is created; `message` is what the report must say. */
export interface InvalidOptions {
  readonly name: string;
  readonly options: Later<object>;
  readonly message?: RegExp;
}

/** What every suite is given. */
export interface PluginSuite<K extends PluginKind> {
  readonly plugin: Plugin<K>;
  /** Options as a spec would have them. */
  readonly options: Later<object>;
  /** Where relative paths in the options start, with a trailing slash; default: the working directory. */
  readonly baseUrl?: Later<URL>;
  readonly invalidOptions?: readonly InvalidOptions[];
  /** Plugins and services that the plugin under test needs. */
  readonly registers?: readonly Registrable[];
}

export const seed = 7;

export async function resolve<T>(later: Later<T>): Promise<T> {
  return typeof later === "function" ? (later as () => T | Promise<T>)() : later;
}

/** Checks options against the plugin's schema and creates the plugin; what it needed is closed when the test ends. */
export async function create<K extends PluginKind>(
  suite: PluginSuite<K>,
  context: Omit<Kinds[K]["context"], "baseUrl" | "seed">,
  options: Later<object> = suite.options,
): Promise<Kinds[K]["value"]> {
  const registry = new Registry();
  onTestFinished(() => registry.close());
  registry.add(suite.plugin);
  for (const item of suite.registers ?? []) registry.add(item);
  registry.provide(LoggerService, silent);
  const baseUrl = await resolve(suite.baseUrl ?? new URL(`file://${process.cwd()}/`));
  const checked: unknown = suite.plugin.options.parse(await resolve(options));
  const full = { ...context, baseUrl, seed } as unknown as Kinds[K]["context"];
  return registry.create(suite.plugin.kind, suite.plugin.name, checked, full);
}

/** The laws of every plugin's options; `make` creates the plugin with options of its own. */
export function testOptions<K extends PluginKind>(
  suite: PluginSuite<K>,
  make: (options: Later<object>) => Promise<unknown>,
): void {
  const { plugin } = suite;

  it("is named in lower case with hyphens and says in one line what it does", () => {
    expect(plugin.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(plugin.summary).toMatch(/^[^\n]+$/);
  });

  it("describes every option", () => {
    expect(undescribed(jsonSchema(plugin.options), "options")).toEqual([]);
  });

  it("refuses an option it does not know", async () => {
    const options = { ...(await resolve(suite.options)), "not-an-option": 1 };
    expect(plugin.options.safeParse(options).success, "an unknown key was accepted").toBe(false);
  });

  it("refuses options that are not an object", () => {
    expect(plugin.options.safeParse("text").success).toBe(false);
  });

  for (const { name, options, message } of suite.invalidOptions ?? []) {
    it(`refuses ${name}`, async () => {
      expect(await refusal(plugin, await resolve(options), make)).toMatch(message ?? /./);
    });
  }
}

/** What `work` throws or rejects with; undefined if it succeeds. */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error ?? new Error(String(error));
  }
  return undefined;
}

async function refusal<K extends PluginKind>(
  plugin: Plugin<K>,
  options: object,
  make: (options: object) => Promise<unknown>,
): Promise<string> {
  const parsed = plugin.options.safeParse(options);
  if (!parsed.success) return z.prettifyError(parsed.error);
  const error = await thrownBy(() => make(options));
  // What it threw of itself, which the registry has named.
  const own = error instanceof MillraceError && error.code === "PLUGIN_INVALID" ? error.cause : undefined;
  if (error instanceof MillraceError && own === undefined) return error.describe();
  const got = String(own ?? error);
  throw new Error(`the options must be refused with a MillraceError, got ${got}`, { cause: own ?? error });
}

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly $ref?: string;
}

function jsonSchema(options: z.ZodType): JsonSchema {
  return z.toJSONSchema(options, { io: "input", unrepresentable: "any" }) as JsonSchema;
}

/** The paths of properties that say nothing of themselves, at any depth. */
function undescribed(schema: JsonSchema, path: string): string[] {
  const faults: string[] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const own = `${path}.${name}`;
    const constant = "const" in property;
    if (!constant && property.$ref === undefined && !property.description?.trim()) faults.push(own);
    faults.push(...undescribed(property, own));
  }
  if (schema.items !== undefined) faults.push(...undescribed(schema.items, `${path}[]`));
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  for (const branch of branches) faults.push(...undescribed(branch, path));
  for (const [name, part] of Object.entries(schema.$defs ?? {})) faults.push(...undescribed(part, name));
  return faults;
}

const ignore = () => {};
const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
