/** The run's log: pino lines for a file and, if asked for, stdout; warnings for the person too. */
import { closeSync, openSync, writeSync } from "node:fs";
import { type Logger, messageOf } from "@millrace/core";
import type { TrainEvent } from "@millrace/core/spec";
import { pino } from "pino";
import { writingTo } from "./write-fault.js";

export interface RunLog {
  readonly logger: Logger;
  /** From here on lines go to this file; those written before go first. */
  writeTo(path: string): void;
  close(): void;
}

export interface RunLogOptions {
  readonly verbose: boolean;
  /** Every line, as it is written. */
  readonly onLine?: (line: string) => void;
  /** A plugin's warning or error, in words. */
  readonly onWarning?: (message: string) => void;
}

const warnLevel = 40;

export function openLog({ verbose, onLine, onWarning }: RunLogOptions): RunLog {
  let early: string[] = [];
  let file: number | undefined;
  let isFull = false;
  // A log that cannot be written must not end the run: what the run itself writes says why.
  const append = (line: string) => {
    if (isFull || file === undefined) return;
    try {
      writeSync(file, line);
    } catch (error) {
      isFull = true;
      onWarning?.(`log.jsonl ends here, it cannot be written any more: ${messageOf(error)}`);
    }
  };
  const write = (line: string) => {
    if (file === undefined) early.push(line);
    else append(line);
    onLine?.(line);
    const { level, msg } = JSON.parse(line) as { readonly level: number; readonly msg?: string };
    if (level >= warnLevel && msg !== undefined) onWarning?.(msg);
  };
  const logger = pino(
    { level: verbose ? "debug" : "info", base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    { write },
  );
  return {
    logger,
    writeTo(path) {
      file = writingTo(path, () => openSync(path, "a"));
      for (const line of early) append(line);
      early = [];
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** A step line at most this often; metrics.jsonl has more. */
const stepMilliseconds = 5000;

/** Writes what the trainer tells as log lines. */
export function eventLogger(logger: Logger): (event: TrainEvent) => void {
  let lastStep = performance.now();
  return (event) => {
    const { type, ...fields } = event;
    if (type === "step") {
      if (performance.now() - lastStep < stepMilliseconds) return;
      lastStep = performance.now();
    }
    logger.info(fields, type);
  };
}
