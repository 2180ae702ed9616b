/** From the words of a command line to an exit code. */
import { setImmediate as afterWrites } from "node:timers/promises";
import { fileFault, MillraceError } from "@millrace/core";
import { type Command, CommanderError } from "commander";
import { isRefusedByAll, launchedRank } from "./compose.js";
import { exitCodeOf, exitCodes, failureRecord, failureText, usageCode } from "./failure.js";
import { program } from "./program.js";
import { outDir } from "./run/write-fault.js";
import { beforeOthers, placeOf } from "./run/ranks.js";
import { terminalOf } from "./view/terminal.js";

/** Runs one command; never throws, and shows every error as one that a person can act on. */
export async function main(words: readonly string[]): Promise<number> {
  const { env } = process;
  const out = terminalOf(process.stdout, env);
  const err = terminalOf(process.stderr, env);
  const debug = isOn(env.MILLRACE_DEBUG);
  const fail = (error: unknown, verbose: boolean, place = ""): number => {
    if (place === "" && words.includes("--json"))
      out.write(`${JSON.stringify({ error: failureRecord(error) })}\n`);
    err.write(place + failureText(error, err.colors, verbose || debug));
    return exitCodeOf(error);
  };
  /** Of several processes the first tells what all of them met; another is heard where it is alone with it. */
  const failInGroup = async (error: unknown, verbose: boolean): Promise<number> => {
    const rank = (await launchedRank(env).catch(() => undefined)) ?? 0;
    if (rank === 0) return fail(error, verbose);
    await beforeOthers(rank);
    return isRefusedByAll(error) ? exitCodeOf(error) : fail(error, verbose, `${placeOf(rank)}: `);
  };
  // A promise that a plugin left unattended would otherwise end the process with a stack trace.
  const stray = (error: unknown) => process.exit(fail(error, words.includes("--verbose")));
  process.on("uncaughtException", stray);
  /** What was asked for may have gone to a disk that is full, which its stream says only afterwards. */
  const writtenOrFailed = async (): Promise<number> => {
    await afterWrites();
    const fault = out.fault();
    if (fault === undefined) return exitCodes.ok;
    return fail(outDir(fileFault(fault, "the output", "cannot be written")), false);
  };
  let code: number = exitCodes.ok;
  const root = program(async (command, verbose) => {
    try {
      code = await command({ out, err, verbose: verbose || debug });
    } catch (error) {
      code = await failInGroup(error, verbose);
    }
  });
  quiet(root, (text) => out.write(text));
  try {
    await root.parseAsync(words, { from: "user" });
    return code === exitCodes.ok ? await writtenOrFailed() : code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    if (words.length === 0) {
      err.write(root.helpInformation());
      return exitCodes.usage;
    }
    return await failInGroup(usageError(error, words), words.includes("--verbose"));
  } finally {
    process.off("uncaughtException", stray);
  }
}

/** Commander's faults come as exceptions, for `usageError` to put in Millrace's form. */
function quiet(command: Command, write: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeOut: write, writeErr: () => undefined });
  for (const each of command.commands) quiet(each, write);
}

function usageError(error: unknown, words: readonly string[]): unknown {
  if (error instanceof MillraceError) {
    return new MillraceError(usageCode, error.message, { hint: error.hint });
  }
  if (!(error instanceof CommanderError)) return error;
  if (error.code === "commander.help") {
    const command = ["millrace", ...words].join(" ");
    return new MillraceError(usageCode, `${command} needs another word behind it`, {
      hint: `See \`${command} --help\`.`,
    });
  }
  const [message, ...more] = error.message.replace(/^error: /, "").split("\n");
  return new MillraceError(usageCode, message, { hint: [...more, "See `millrace --help`."].join("\n") });
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
