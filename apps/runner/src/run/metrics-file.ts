/** metrics.jsonl: `{"type":"step",…}` up to 200 times an epoch, `{"type":"epoch",…}` once. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EpochResult, Metrics, Resumed } from "@millrace/core/spec";
import type { Sink, StepPoint } from "./history.js";
import { writingTo } from "./write-fault.js";

export const metricsName = "metrics.jsonl";

/** One line of the file. */
export type MetricsLine =
  | ({ readonly type: "step" } & StepPoint)
  | ({ readonly type: "epoch" } & EpochResult);

/** Appends to `path`. */
export function metricsFile(path: string): Sink {
  const file = writingTo(path, () => openSync(path, "a"));
  const write = (line: MetricsLine) => writingTo(path, () => writeSync(file, `${JSON.stringify(line)}\n`));
  return {
    step: (point) => write({ type: "step", ...point }),
    epoch: (result) => write({ type: "epoch", ...result }),
    close: () => closeSync(file),
  };
}

/** What the run that is resumed had measured before the place where training goes on; nothing if it is not known. */
export function linesBefore({ path, epoch, step }: Resumed): MetricsLine[] {
  const folder = [dirname(path), dirname(dirname(path))].find((each) => existsSync(join(each, metricsName)));
  if (folder === undefined) return [];
  return linesOf(readFileSync(join(folder, metricsName), "utf8")).filter(
    (line) => line.epoch < epoch || (line.epoch === epoch && line.type === "step" && line.step < step),
  );
}

/** The lines of a metrics.jsonl, or of a piece of one; what is none is passed over. */
export function linesOf(text: string): MetricsLine[] {
  return text.split("\n").flatMap(parsed).map(withNumbers);
}

/** JSON has no NaN: where a loss or a metric was one, the file has null. */
function withNumbers(line: MetricsLine): MetricsLine {
  if (line.type === "step") {
    const { loss }: { readonly loss: number | null } = line;
    return { ...line, loss: loss ?? Number.NaN };
  }
  const numbers = (metrics: Metrics) =>
    Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, (value as number | null) ?? Number.NaN]),
    );
  return {
    ...line,
    train: numbers(line.train),
    ...(line.validation && { validation: numbers(line.validation) }),
  };
}

/** The last line of a run that was killed may be cut off. */
function parsed(text: string): MetricsLine[] {
  try {
    const line: unknown = text === "" ? undefined : JSON.parse(text);
    return isLine(line) ? [line] : [];
  } catch {
    return [];
  }
}

function isLine(value: unknown): value is MetricsLine {
  const { type, epoch, step, train } = Object(value) as Partial<Record<string, unknown>>;
  if (typeof epoch !== "number") return false;
  return type === "step"
    ? typeof step === "number"
    : type === "epoch" && typeof train === "object" && train !== null;
}
