/** `millrace plugins`: what a spec may use, and each one's options. */
import { Command } from "commander";
import { didYouMean, MillraceError, type Plugin } from "@millrace/core";
import { describeOptions, pluginKinds } from "@millrace/core/spec";
import type { Start } from "./command.js";
import { composeDefaults } from "../compose.js";
import { exitCodes, usageCode } from "../failure.js";
import { openLog } from "../run/log.js";
import type { Terminal } from "../view/terminal.js";
import type { Shell } from "../shell.js";

export function plugins(start: Start): Command {
  return new Command("plugins")
    .description("list what a spec may use")
    .argument("[kind]", `one kind alone, with the options of each: ${kinds.join(", ")}`)
    .action((kind?: string) => start((shell) => listPlugins(kindOf(kind), shell)));
}

/** A group is in no spec, and has no options: it is there where its launcher started this process. */
const kinds = [...pluginKinds, "group"] as const;
type Listed = (typeof kinds)[number];

function kindOf(word: string | undefined): Listed | undefined {
  const kind = kinds.find((each) => each === word);
  if (word === undefined || kind !== undefined) return kind;
  throw new MillraceError(
    usageCode,
    `there is no kind of plugin called "${word}"${didYouMean(word, kinds)}`,
    {
      hint: `Kinds: ${kinds.join(", ")}.`,
    },
  );
}

/** Lists names and summaries; of one kind, the options too. The exit code. */
async function listPlugins(kind: Listed | undefined, { out, verbose }: Shell): Promise<number> {
  const registry = await composeDefaults(openLog({ verbose }).logger);
  try {
    for (const each of kind === undefined ? kinds : [kind]) {
      out.write(`${out.colors.bold(each)}\n`);
      const listed = each === "group" ? registry.groups() : registry.list(each);
      const width = Math.max(0, ...listed.map(({ plugin }) => plugin.name.length));
      for (const { plugin, origin } of listed) {
        const name = out.colors.cyan(plugin.name) + " ".repeat(width - plugin.name.length);
        out.write(`  ${name}  ${plugin.summary} ${out.colors.dim(`(${origin})`)}\n`);
        if (kind !== undefined && plugin.kind !== "group") out.write(optionLines(plugin, out));
      }
    }
    if (kind === undefined)
      out.write(out.colors.dim("`millrace plugins source` shows the options of each source\n"));
    return exitCodes.ok;
  } finally {
    await registry.close();
  }
}

function optionLines({ options }: Plugin, { colors }: Terminal): string {
  const lines = describeOptions(options).map(
    ({ name, type, bounds = "", required, default: usual, about }) => {
      const necessity = usual !== undefined ? `${usual} unless given` : required ? "required" : "";
      const facts = [type, bounds, necessity].filter(Boolean).join(", ");
      return `      ${name} ${colors.dim(`(${facts})`)}${about === "" ? "" : `: ${about}`}\n`;
    },
  );
  return lines.join("");
}
