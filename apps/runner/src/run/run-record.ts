/** run.json: what became of a run, said from its first moment on, also where the disk is full or the process is ended. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { failureRecord } from "../failure.js";
import { writeFirst, writeWhole } from "./directory.js";

export interface RunRecordFile {
  readonly startedAt: Date;
  /** Writes how the run ended, and what is known with it: the last word. */
  note(status: "finished" | "stopped" | "failed", more?: object): Promise<void>;
}

/** 128 and a signal's number: the exit codes of a process that was asked to stop. */
const signalCodes = new Set([129, 130, 143]);

/**
 * Makes `runDir`, which is there, the folder of one run alone: "running". A process that ends before the run does leaves
 * the reason behind: "stopped" where a signal ended it, else "failed".
 *
 * @throws MillraceError OUT_DIR where another run has the folder, or nothing can be written into it.
 */
export async function runRecord(runDir: string, about: object): Promise<RunRecordFile> {
  const path = join(runDir, "run.json");
  const startedAt = new Date();
  const textOf = (status: string, more: object) =>
    `${JSON.stringify({ status, ...about, pid: process.pid, host: hostname(), startedAt, ...more }, null, 2)}\n`;
  await writeFirst(path, textOf("running", {})).catch(async (error: unknown) => {
    if (isTaken(error)) throw error;
    // A folder that cannot even say why it is empty is better not there.
    await rm(path, { force: true }).catch(() => undefined);
    await rmdir(runDir).catch(() => undefined);
    throw error;
  });
  let uncaught: unknown;
  const onUncaught = (error: unknown) => (uncaught ??= error);
  const onExit = (code: number) => {
    const status = signalCodes.has(code) ? "stopped" : "failed";
    overwrite(
      path,
      textOf(status, { finishedAt: new Date(), error: failureRecord(uncaught ?? endOf(code)) }),
    );
  };
  process.on("uncaughtExceptionMonitor", onUncaught);
  process.on("exit", onExit);
  return {
    startedAt,
    async note(status, more = {}) {
      process.off("uncaughtExceptionMonitor", onUncaught);
      process.off("exit", onExit);
      const text = textOf(status, { finishedAt: new Date(), ...more });
      await writeWhole(path, text).catch((error: unknown) => {
        // A full disk has no room for a second file, but the first one has its place.
        if (status !== "failed" || !overwrite(path, text)) throw error;
      });
    },
  };
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof MillraceError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "EEXIST";
}

/** What is to be said of a process that ended in the middle of a run, and not by an error. */
function endOf(code: number): Error {
  if (signalCodes.has(code)) {
    const message = "the process was ended by a signal before the run had saved what it learned";
    return new MillraceError("ABORTED", message);
  }
  if (code === 0) return new Error("the process ended while the run waited for what never comes");
  return new Error(`the process ended with exit code ${code} while the run was under way`);
}

/** In place, and at once. False where even that cannot be done. */
function overwrite(path: string, text: string): boolean {
  try {
    const file = openSync(path, "r+");
    try {
      const written = writeSync(file, text, 0);
      ftruncateSync(file, written);
      return written === Buffer.byteLength(text);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
