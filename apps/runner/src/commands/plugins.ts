/** `millrace plugins`: what a spec may use, and each one's options. */
import { Argument, Command } from "commander";
import { type Plugin, type PluginKind, pluginKinds } from "@millrace/core";
import { z } from "zod";
import type { Start } from "./command.js";
import { composeDefaults } from "../compose.js";
import { exitCodes } from "../failure.js";
import { openLog } from "../run/log.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

export function plugins(start: Start): Command {
  return new Command("plugins")
    .description("list what a spec may use")
    .addArgument(new Argument("[kind]", "one kind alone, with the options of each").choices(pluginKinds))
    .action((kind: PluginKind | undefined) => start((shell) => listPlugins(kind, shell)));
}

/** Lists names and summaries; of one kind, the options too. The exit code. */
async function listPlugins(kind: PluginKind | undefined, { out, verbose }: Shell): Promise<number> {
  const registry = await composeDefaults(openLog({ verbose }).logger);
  try {
    for (const each of kind === undefined ? pluginKinds : [kind]) {
      out.write(`${out.colors.bold(each)}\n`);
      const listed = registry.list(each);
      const width = Math.max(0, ...listed.map(({ plugin }) => plugin.name.length));
      for (const { plugin, origin } of listed) {
        const name = out.colors.cyan(plugin.name) + " ".repeat(width - plugin.name.length);
        out.write(`  ${name}  ${plugin.summary} ${out.colors.dim(origin)}\n`);
        if (kind !== undefined) out.write(optionLines(plugin, out));
      }
    }
    if (kind === undefined)
      out.write(out.colors.dim("`millrace plugins source` shows the options of each source\n"));
    return exitCodes.ok;
  } finally {
    await registry.close();
  }
}

/** The part of a JSON Schema that says what an option is. */
interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly required?: readonly string[];
  readonly items?: OptionSchema;
  readonly anyOf?: readonly OptionSchema[];
  readonly oneOf?: readonly OptionSchema[];
}

function optionLines({ options }: Plugin, { colors }: Terminal): string {
  const schema = z.toJSONSchema(options, { io: "input", unrepresentable: "any" }) as OptionSchema;
  const lines = Object.entries(schema.properties ?? {}).map(([name, option]) => {
    const facts = [typeText(option), necessity(option, schema.required?.includes(name) ?? false)];
    const about = option.description === undefined ? "" : `: ${option.description}`;
    return `      ${name} ${colors.dim(`(${facts.filter(Boolean).join(", ")})`)}${about}\n`;
  });
  return lines.join("");
}

function necessity(option: OptionSchema, required: boolean): string {
  if (option.default !== undefined) return `${JSON.stringify(option.default)} unless given`;
  return required ? "required" : "";
}

function typeText(option: OptionSchema): string {
  const choices = option.anyOf ?? option.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeText))].join(" or ");
  if (option.enum !== undefined) return option.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (option.const !== undefined) return JSON.stringify(option.const);
  if (option.type === "array")
    return `list of ${option.items === undefined ? "anything" : typeText(option.items)}`;
  return String(option.type ?? "anything");
}
