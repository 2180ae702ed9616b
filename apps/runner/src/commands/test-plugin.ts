/** `millrace test-plugin`: holds plugins against the contract of their kind, and says which rules hold. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command, Option } from "commander";
import { didYouMean, MillraceError, type Plugin, type Registrable } from "@millrace/core";
import { loadPlugin, pluginKinds, type PluginModule, Registry, resolvePlugin } from "@millrace/core/spec";
import type { Start } from "./command.js";
import { composeDefaults, defaultServices } from "../compose.js";
import { contractOf, type SuiteAsked } from "../contract/suites.js";
import { type Verdict, verdictsOf } from "../contract/run-tests.js";
import { trialNames } from "../contract/samples.js";
import { exitCodes } from "../failure.js";
import { openLog } from "../run/log.js";
import { plural } from "../view/format.js";
import type { Shell } from "../shell.js";

const help = `
The path is a module, a package's folder, or a package that is installed. The rules are those of @millrace/core/testing, which
plugins' own tests run with more knowledge of them; vitest is not needed. The exit code is 1 if a rule does not hold.

Sources are opened with --with; transforms and collate functions are tried on samples of a table, a text, an image and so
on, of which the first that fits is taken, or on --sample; models on four numbers, or the first array of --sample; samplers and
trainers on a small problem.

Examples:
  $ millrace test-plugin ./flower-lines.mjs --with '{"path": "flowers.jsonl", "labels": ["setosa", "virginica"]}' --labels given
  $ millrace test-plugin ./my-transform --sample '{"features": [1, 2, 3], "label": 0}'
  $ millrace test-plugin millrace-plugins --name sharpen --sample image --json`;

export function testPlugin(start: Start): Command {
  return new Command("test-plugin")
    .description("hold plugins against the contract of their kind, and say which rules hold")
    .argument("<path>", "a module, a package's folder, or a package's name")
    .option("--name <plugin>", "of several plugins in the module: this one")
    .option("-w, --with <json>", "the plugin's options, as a spec has them")
    .option(
      "--sample <sample>",
      `JSON, or one of ${trialNames.join(", ")}; may be given several times`,
      gather,
    )
    .addOption(
      new Option(
        "--labels <where>",
        "of sources: where class names come from; what is stored if not given",
      ).choices(["names", "given", "indices"]),
    )
    .option("--json", "print one JSON line")
    .addHelpText("after", help)
    .action((path: string, options: TestPluginOptions) => start((shell) => judge(path, options, shell)));
}

function gather(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

interface TestPluginOptions {
  readonly name?: string;
  readonly with?: string;
  readonly sample?: readonly string[];
  readonly labels?: SuiteAsked["labels"];
  readonly json?: boolean;
}

interface Judged {
  readonly kind: string;
  readonly name: string;
  readonly on: string | undefined;
  readonly rules: readonly Verdict[];
  /** Why it was not, where it was not. */
  readonly untried?: string;
}

/** The exit code: 1 if a rule does not hold. @throws MillraceError where a plugin cannot be tried at all */
async function judge(path: string, options: TestPluginOptions, shell: Shell): Promise<number> {
  const registry = await composeDefaults(openLog({ verbose: shell.verbose }).logger);
  try {
    const module = moduleAt(path);
    await register(module, registry);
    const plugins = await exportedBy(module, options.name);
    if (options.with !== undefined && plugins.length > 1) {
      throw new MillraceError(
        "OPTION_INVALID",
        `--with is for one plugin, and ${path} has ${plugins.length}`,
        {
          hint: `Choose one with --name: ${plugins.map(({ name }) => name).join(", ")}.`,
        },
      );
    }
    const asked: SuiteAsked = {
      with: options.with === undefined ? {} : jsonOf("--with", options.with),
      baseUrl: pathToFileURL(`${process.cwd()}/`),
      samples: options.sample?.map((text) =>
        trialNames.includes(text) ? text : JSON.stringify(jsonOf("--sample", text)),
      ),
      labels: options.labels,
      registry,
      services: [...(await defaultServices()), ...(await servicesOf(module))],
    };
    const judged: Judged[] = [];
    for (const plugin of plugins) {
      judged.push(await judgedBy(plugin, asked, plugins.length > 1));
      if (options.json !== true) tell(judged[judged.length - 1], shell);
    }
    const failed = judged.flatMap(({ rules }) => rules).filter(({ holds }) => !holds).length;
    if (options.json === true)
      shell.out.write(`${JSON.stringify({ holds: failed === 0, failed, plugins: judged })}\n`);
    return failed === 0 ? exitCodes.ok : exitCodes.fault;
  } finally {
    await registry.close();
  }
}

/** Of several plugins those that need options are left for a call of their own. */
async function judgedBy(plugin: Plugin, asked: SuiteAsked, isOneOfSeveral: boolean): Promise<Judged> {
  const { kind, name } = plugin;
  if (isOneOfSeveral && !plugin.options.safeParse(asked.with).success) {
    return { kind, name, on: undefined, rules: [], untried: `it needs options: --name ${name} --with '{…}'` };
  }
  try {
    const { tests, on } = await contractOf(plugin, asked);
    return { kind, name, on, rules: await verdictsOf(tests) };
  } catch (error) {
    if (!isOneOfSeveral || !(error instanceof MillraceError)) throw error;
    return { kind, name, on: undefined, rules: [], untried: error.message };
  }
}

/** With the default plugins, of which it may be one. @throws MillraceError PLUGIN_INVALID, PLUGIN_DUPLICATE */
async function register(module: PluginModule, registry: Registry): Promise<void> {
  await loadPlugin(module, new Registry(), new Set());
  for (const item of await exportsOf(module)) {
    if (isPlugin(item) && !isThere(item, registry)) registry.add(item, module.specifier);
  }
}

/** A plugin that comes with Millrace is the one that is registered by its name. */
function isThere({ kind, name, summary }: Plugin, registry: Registry): boolean {
  return registry.names(kind).includes(name) && registry.get(kind, name).summary === summary;
}

function isPlugin(item: Registrable): item is Plugin {
  return pluginKinds.some((kind) => kind === item.kind);
}

function tell({ kind, name, on, rules, untried }: Judged, { out }: Shell): void {
  const { bold, dim, green, red, yellow } = out.colors;
  if (untried !== undefined) {
    out.write(`${bold(`${kind} ${name}`)}\n  ${yellow("not tried:")} ${untried}\n`);
    return;
  }
  out.write(`${bold(`${kind} ${name}`)}${on === undefined ? "" : dim(`, tried on: ${on}`)}\n`);
  for (const { rule, holds, why } of rules) {
    out.write(`  ${holds ? green("holds") : red("FAILS")}  ${rule}\n`);
    for (const line of why) out.write(`         ${dim(line)}\n`);
  }
  const failed = rules.filter(({ holds }) => !holds).length;
  const verdict =
    failed === 0
      ? green(`${plural(rules.length, "rule")} hold`)
      : red(`${failed} of ${plural(rules.length, "rule")} do not hold`);
  out.write(`${verdict}\n`);
}

/** A file, a folder with a package.json, or a package's name. */
function moduleAt(path: string): PluginModule {
  const base = pathToFileURL(`${process.cwd()}/`);
  if (!existsSync(path)) return resolvePlugin(path, base, import.meta.url);
  const file = statSync(path).isDirectory() ? entryOf(path) : path;
  return { specifier: path, url: pathToFileURL(resolve(file)).href };
}

function entryOf(folder: string): string {
  const manifest = join(folder, "package.json");
  const { exports, main } = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { exports?: unknown; main?: string })
    : {};
  const root = (exports as Record<string, unknown> | undefined)?.["."] ?? exports;
  const entry =
    typeof root === "string"
      ? root
      : ((root as Record<string, string> | undefined)?.default ?? main ?? "index.js");
  const file = join(folder, entry);
  if (existsSync(file)) return file;
  throw new MillraceError("PLUGIN_NOT_FOUND", `the package ${folder} has no ${entry}`, {
    hint: "Build it: `npm run build` there.",
  });
}

async function exportsOf({ url }: PluginModule): Promise<readonly Registrable[]> {
  const { default: exported } = (await import(url)) as { default: Registrable | readonly Registrable[] };
  return (Array.isArray(exported) ? exported : [exported]) as readonly Registrable[];
}

async function servicesOf(module: PluginModule): Promise<readonly Registrable[]> {
  return (await exportsOf(module)).filter(({ kind }) => kind === "service");
}

async function exportedBy(module: PluginModule, name: string | undefined): Promise<Plugin[]> {
  const all = (await exportsOf(module)).filter(isPlugin);
  const chosen = name === undefined ? all : all.filter((plugin) => plugin.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((plugin) => plugin.name);
  const what =
    name === undefined
      ? "has no plugin that a contract holds of"
      : `has no plugin "${name}"${didYouMean(name, names)}`;
  throw new MillraceError("PLUGIN_UNKNOWN", `${module.specifier} ${what}`, {
    ...(names.length > 0 && { hint: `It has: ${names.join(", ")}.` }),
  });
}

function jsonOf(option: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new MillraceError("OPTION_INVALID", `${option} must be a JSON object, was ${text}`, {
    hint: `Quote it for the shell: ${option} '{"path": "data.txt"}'.`,
  });
}
