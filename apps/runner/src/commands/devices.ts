/** `millrace devices`: what can compute on this machine, and what would add the rest. */
import { Command } from "commander";
import type { DeviceInfo } from "@millrace/core/spec";
import type { Start } from "./command.js";
import { deviceLists } from "../doctor/devices.js";
import { exitCodes } from "../failure.js";
import { openLog } from "../run/log.js";
import { groupLines, openRanks } from "../run/ranks.js";
import type { Terminal } from "../view/terminal.js";
import { silentView, viewOf } from "../view/view.js";
import type { Shell } from "../shell.js";

export function devices(start: Start): Command {
  return new Command("devices")
    .description("list what can compute on this machine, and what would add the rest")
    .option("--json", "print one JSON line")
    .action((options: DevicesOptions) => start((shell) => listDevices(options, shell)));
}

interface DevicesOptions {
  /** One JSON line on stdout. */
  readonly json?: boolean;
}

/** Lists the devices of every trainer that has some, best first. The exit code: 1 if nothing can compute. */
async function listDevices({ json = false }: DevicesOptions, shell: Shell): Promise<number> {
  const { out, err, verbose } = shell;
  const ranks = await openRanks(openLog({ verbose }).logger, process.env);
  const view = ranks.isFirst ? viewOf(json ? err : out) : silentView;
  try {
    view.busy("trying every device …");
    const found = await deviceLists(verbose);
    const { description, size } = ranks.group;
    const group = size > 1 ? { group: { description, size } } : {};
    if (json && ranks.isFirst) out.write(`${JSON.stringify({ ...Object.fromEntries(found), ...group })}\n`);
    if (!json)
      for (const [trainer, list] of found)
        printList(trainer, list, found.size, out, (line) => view.print(line));
    for (const text of groupLines(ranks)) view.print(text);
    await ranks.group.close();
    const some = [...found.values()].flat().some(({ available }) => available);
    return some ? exitCodes.ok : exitCodes.fault;
  } finally {
    view.close();
  }
}

function printList(
  trainer: string,
  list: readonly DeviceInfo[],
  trainers: number,
  { colors }: Terminal,
  print: (line: string) => void,
): void {
  const { bold, cyan, dim, green, yellow } = colors;
  if (trainers > 1) print(bold(trainer));
  const width = Math.max(...list.map(({ name }) => name.length));
  for (const { name, available, detail, hint } of list) {
    const mark = available ? green("yes") : yellow("no ");
    print(`  ${cyan(name.padEnd(width))}  ${mark}  ${detail}`);
    if (hint !== undefined) print(dim(`  ${" ".repeat(width)}       ${hint}`));
  }
  print(dim('A spec says `"device": "auto"` for the best there is, or one of these names.'));
}
