/** `millrace doctor`: what of this machine is as it should be, what is not, and what cures it. */
import { Command } from "commander";
import type { Start } from "./command.js";
import { deviceFindings } from "../doctor/devices.js";
import { type Finding, type Section, sections } from "../doctor/finding.js";
import { libraryFindings } from "../doctor/libraries.js";
import { machineFindings } from "../doctor/machine.js";
import { nodeFindings, packageFindings } from "../doctor/packages.js";
import { placeFindings } from "../doctor/places.js";
import { exitCodes } from "../failure.js";
import { plural } from "../view/format.js";
import { type View, viewOf } from "../view/view.js";
import type { Shell } from "../shell.js";

const help = `
Marks: ok, as it should be · –, absent, but nobody needs it · !!, a problem, with its cure. The exit code is 1 if there is one.

Examples:
  $ millrace doctor
  $ millrace doctor --json`;

export function doctor(start: Start): Command {
  return new Command("doctor")
    .description(
      "look for what would hurt a run here: Node, packages, devices, libraries, limits, permissions",
    )
    .option("--json", "print one JSON line")
    .addHelpText("after", help)
    .action((options: { readonly json?: boolean }) => start((shell) => examine(options, shell)));
}

async function examine({ json = false }: { readonly json?: boolean }, shell: Shell): Promise<number> {
  const view = viewOf(json ? shell.err : shell.out);
  try {
    const findings = await lookAt(
      {
        devices: () => deviceFindings(shell.verbose),
        packages: () => packageFindings(process.cwd()),
        Node: nodeFindings,
        libraries: () => libraryFindings(process.env),
        machine: () => machineFindings(),
        places: () => placeFindings(process.cwd()),
      },
      view,
    );
    const problems = findings.filter(({ state }) => state === "problem");
    if (json) shell.out.write(`${JSON.stringify({ healthy: problems.length === 0, findings })}\n`);
    else for (const line of textOf(findings, shell)) view.print(line);
    return problems.length === 0 ? exitCodes.ok : exitCodes.fault;
  } finally {
    view.close();
  }
}

/** All sections at once, as each waits for others: processes, files, native code. */
async function lookAt(
  parts: Readonly<Record<Section, () => Finding[] | Promise<Finding[]>>>,
  view: View,
): Promise<Finding[]> {
  const waiting = new Set<Section>(sections);
  const tell = () => view.busy(`looking at ${[...waiting].join(", ")} …`);
  tell();
  const found = await Promise.all(
    sections.map(async (name) => {
      const findings = await parts[name]();
      waiting.delete(name);
      if (waiting.size > 0) tell();
      return findings;
    }),
  );
  return found.flat();
}

function* textOf(findings: readonly Finding[], { out }: Shell): Generator<string> {
  const { bold, cyan, dim, green, red, yellow } = out.colors;
  const marks = { ok: green("ok"), absent: yellow("– "), problem: red("!!") };
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const section of sections) {
    const own = findings.filter((each) => each.section === section);
    if (own.length > 0) yield bold(section);
    for (const { name, state, detail, cure } of own) {
      yield `  ${marks[state]}  ${cyan(name.padEnd(width))}  ${detail}`;
      if (cure !== undefined) yield dim(`      ${" ".repeat(width)}  ${cure}`);
    }
  }
  const problems = findings.filter(({ state }) => state === "problem");
  yield problems.length === 0
    ? green("nothing here would hurt a run")
    : red(`${plural(problems.length, "problem")}: ${problems.map(({ name }) => name).join(", ")}`);
}
