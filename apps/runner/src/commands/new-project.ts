/** `millrace new project`: looks at data, and writes a spec that trains on it. */
import { createInterface } from "node:readline/promises";
import { relative } from "node:path";
import { Command, Option } from "commander";
import { MillraceError } from "@millrace/core";
import type { Start } from "./command.js";
import { composeDefaults } from "../compose.js";
import { exitCodes, printable } from "../failure.js";
import type { PlanAsked } from "../project/asked.js";
import { examplePlan } from "../project/example-plan.js";
import type { ProjectPlan } from "../project/plan.js";
import { planFrom } from "../project/plan-from.js";
import { writeProject } from "../project/write.js";
import { openLog } from "../run/log.js";
import { shellWord } from "../view/shell-word.js";
import type { Shell } from "../shell.js";
import type { OpenSource } from "../survey/table-survey.js";
import type { Task } from "../survey/target.js";

const help = `
The data stays where it is; what was seen and decided stands in the comments of spec.jsonc. Nothing is overwritten.

  --from a table     .csv .tsv .jsonl .parquet .arrow: one column is told from the others
  --from a database  .db .sqlite .duckdb: a table, joined with those that its foreign keys name
  --from a folder    images or texts in a folder for each class, or images that a table beside them names

Examples:
  $ millrace new project wine --from winequality.csv
  $ millrace new project homes --from homes.csv --target price
  $ millrace new project shop --from shop.db --table orders --target returned
  $ millrace new project pets --from photos/
  $ millrace new project first`;

export function newProject(start: Start): Command {
  return new Command("project")
    .description("write a project that trains, after a look at your data")
    .argument("<folder>", "the project's folder, which is made; . for this one")
    .option("--from <path>", "a table, a database or a folder; a toy problem if not given")
    .option("--target <column>", "what is to be told; the likeliest column if not given")
    .addOption(
      new Option("--task <task>", "tell classes or numbers; by what the column holds if not given").choices([
        "classification",
        "regression",
      ]),
    )
    .option("--table <name>", "of a database: the table, joined with what it refers to")
    .option("--query <sql>", "of a database: a SELECT of your own instead")
    .option("-y, --yes", "ask nothing, also at a terminal")
    .option("--json", "print one JSON line")
    .addHelpText("after", help)
    .action((folder: string, options: NewProjectOptions) =>
      start((shell) => makeProject(folder, options, shell)),
    );
}

interface NewProjectOptions {
  readonly from?: string;
  readonly target?: string;
  readonly task?: Task;
  readonly table?: string;
  readonly query?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** @throws MillraceError for data that cannot be learned from, and for files that are in the way. */
async function makeProject(home: string, options: NewProjectOptions, shell: Shell): Promise<number> {
  const { from, target, task, table, query } = options;
  const forTables = Object.entries({ target, task, table, query }).find(([, value]) => value !== undefined);
  if (from === undefined && forTables !== undefined) {
    throw new MillraceError("OPTION_INVALID", `--${forTables[0]} is for data, and --from names none`, {
      hint: "Name a file or folder with --from.",
    });
  }
  const asks = shell.out.live && process.stdin.isTTY && options.yes !== true && options.json !== true;
  const plan =
    from === undefined
      ? examplePlan
      : await withSources(shell, (open) =>
          planFrom(from, home, { target, task, table, query, open, ask: asks ? ask : undefined }),
        );
  const files = await writeProject(home, plan);
  if (options.json === true) {
    const { found, decisions, baseline, question } = plan;
    shell.out.write(`${JSON.stringify({ folder: home, files, found, decisions, baseline, question })}\n`);
  } else tell(home, files, plan, shell);
  return exitCodes.ok;
}

/** Sources of the default plugins, for as long as `use` takes. */
async function withSources<T>({ verbose, err }: Shell, use: (open: OpenSource) => Promise<T>): Promise<T> {
  const onWarning = (message: string) => err.write(`${err.colors.yellow("warning:")} ${message}\n`);
  const registry = await composeDefaults(openLog({ verbose, onWarning }).logger);
  const plugins = registry.list("source");
  try {
    return await use(async (name, options, baseUrl) => {
      const plugin = plugins.find((each) => each.plugin.name === name)?.plugin;
      const parsed = plugin?.options.parse(options);
      const opened = await registry.create("source", name, parsed, { baseUrl, seed: 0 });
      return opened as Awaited<ReturnType<OpenSource>>;
    });
  } finally {
    await registry.close();
  }
}

const ask: PlanAsked["ask"] = async (names) => {
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const shown = names.slice(0, 12).join(", ");
    const answer = await asking.question(`Which column is to be told? ${shown}\n[${names[0]}] `);
    return answer.trim() === "" ? names[0] : answer.trim();
  } finally {
    asking.close();
  }
};

function tell(home: string, files: readonly string[], plan: ProjectPlan, { out }: Shell): void {
  const { bold, cyan, dim, green } = out.colors;
  for (const line of plan.found) out.write(`  seen     ${printable(line)}\n`);
  for (const line of plan.decisions) out.write(`  decided  ${printable(line)}\n`);
  if (plan.baseline !== undefined) out.write(`  to beat  ${printable(plan.baseline)}\n`);
  out.write(`  wrote    ${files.join(", ")} ${dim(`in ${home}`)}\n`);
  const here = relative(process.cwd(), home) === "" ? [] : [`cd ${shellWord(home)}`];
  const steps = [...here, "npm install", "npx millrace run spec.jsonc --out runs/first"];
  out.write(`${green("next:")}\n${steps.map((step) => `  ${cyan(step)}\n`).join("")}`);
  if (plan.question !== undefined)
    out.write(`${bold("then")} ${cyan(`npx millrace predict runs/first ${plan.question}`)}\n`);
}
