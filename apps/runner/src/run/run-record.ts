/** run.json: what became of a run, said also where the disk is full or the process is ended. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "./directory.js";

export interface RunRecordFile {
  /** Writes a status and what is known with it. Whatever says more than "running" is the last word. */
  note(status: "running" | "finished" | "stopped" | "failed", more?: object): Promise<void>;
}

/** 128 and a signal's number: the exit codes of a process that was asked to stop. */
const signalCodes = new Set([129, 130, 143]);

/** A process that ends meanwhile leaves "stopped" behind where a signal ended it, else "failed". */
export function runRecord(runDir: string, about: object): RunRecordFile {
  const path = join(runDir, "run.json");
  const textOf = (status: string, more: object) =>
    `${JSON.stringify({ status, ...about, ...more }, null, 2)}\n`;
  const onExit = (code: number) => {
    const status = signalCodes.has(code) ? "stopped" : "failed";
    overwrite(path, textOf(status, { finishedAt: new Date() }));
  };
  return {
    async note(status, more = {}) {
      if (status === "running") process.on("exit", onExit);
      else process.off("exit", onExit);
      const text = textOf(status, more);
      await writeWhole(path, text).catch((error: unknown) => {
        // A full disk has no room for a second file, but the first one has its place.
        if (status !== "failed" || !overwrite(path, text)) throw error;
      });
    },
  };
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
