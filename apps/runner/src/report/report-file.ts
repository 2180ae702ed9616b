/** report.html as it grows: written again after each epoch, whole each time. */
import { join } from "node:path";
import { type Logger, messageOf } from "@millrace/core";
import { writeWhole } from "../run/directory.js";
import type { RunStatus } from "../run/history.js";
import type { Html } from "./html.js";
import { page } from "./page.js";
import type { Report } from "./report.js";

export interface ReportFile {
  readonly path: string;
  /** Writes the present state; a fault is logged, for it must not end the training. */
  refresh(): void;
  /** Writes the last state, after whatever was being written. */
  finish(status: RunStatus, sections?: readonly Html[]): Promise<void>;
}

export function reportFile(
  runDir: string,
  report: Omit<Report, "status" | "seconds" | "sections" | "firstBatch">,
  firstBatch: () => Promise<Html | undefined>,
  logger: Logger,
): ReportFile {
  const path = join(runDir, "report.html");
  let writing = Promise.resolve();
  let stale = false;
  const write = async (status: RunStatus, sections?: readonly Html[]) => {
    const seconds = (Date.now() - report.startedAt.getTime()) / 1000;
    const first = await firstBatch();
    return writeWhole(path, page({ ...report, status, seconds, sections, firstBatch: first }));
  };
  return {
    path,
    refresh() {
      if (stale) return;
      stale = true;
      writing = writing
        .then(() => {
          stale = false;
          return write("running");
        })
        .catch((error: unknown) => {
          logger.warn({ path }, `the report could not be written: ${messageOf(error)}`);
        });
    },
    async finish(status, sections) {
      await writing;
      await write(status, sections);
    },
  };
}
