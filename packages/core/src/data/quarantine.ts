/** The file of bad samples: one line of JSON for each. */
import { appendFileSync, closeSync, openSync, readFileSync, truncateSync } from "node:fs";
import { fileFault } from "../kit/files.js";
import { MillraceError } from "../errors.js";

/** One bad sample. */
export interface QuarantineEntry {
  /** What a person calls it, where its source has keys. */
  readonly key?: string;
  /** Its index in the source. */
  readonly index: number;
  /** Of a stream: which shard, of whose samples the index is the number. */
  readonly shard?: number;
  /** The part of the data that it was met in. */
  readonly split?: string;
  /** What was done with it: "reading", "transform 1 resize", "collating". */
  readonly stage: string;
  /** The message and the code of its error. */
  readonly reason: string;
  readonly code: string;
  /** The epoch in which it was met first. */
  readonly epoch: number;
}

/** Writes `quarantine.jsonl`: whole lines, each sample once, also one that stood in the file already. */
export class Quarantine {
  #path: string | undefined;
  #early: QuarantineEntry[] = [];
  readonly #held = new Set<string>();

  /** Without a path, entries are kept until `writeTo` gives one. @throws MillraceError FILE_FAILED, FILE_FORMAT */
  constructor(path?: string) {
    if (path !== undefined) this.writeTo(path);
  }

  /** From here on entries go to this file; those that came before go first. */
  writeTo(path: string): void {
    for (const entry of existing(path)) this.#held.add(nameOf(entry));
    this.#path = path;
    for (const entry of this.#early.splice(0)) this.#write(entry);
  }

  /** @throws MillraceError FILE_FAILED where the line cannot be written. */
  add(entry: QuarantineEntry): void {
    if (this.#path === undefined) this.#early.push(entry);
    else this.#write(entry);
  }

  #write({ key, index, shard, split, stage, reason, code, epoch }: QuarantineEntry): void {
    const entry = { key, index, shard, split, stage, reason, code, epoch };
    const name = nameOf(entry);
    if (this.#held.has(name)) return;
    this.#held.add(name);
    const path = this.#path as string;
    try {
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw fileFault(error, path, "cannot be written");
    }
  }
}

/** Samples of different parts may have one index: a validation source of its own counts from 0. */
function nameOf({ split = "", key, shard, index }: Partial<QuarantineEntry>): string {
  return shard === undefined ? `${split} ${index}` : `${split} ${key ?? `${shard} ${index}`}`;
}

/** What a file holds already; made if it is not there, and freed of a last line that was cut off. */
function existing(path: string): readonly QuarantineEntry[] {
  try {
    closeSync(openSync(path, "a"));
    const text = readFileSync(path, "utf8");
    const entries = parsed(text, path);
    const whole = text.lastIndexOf("\n") + 1;
    if (whole === text.length) return entries;
    if (isJson(text.slice(whole))) appendFileSync(path, "\n");
    else truncateSync(path, Buffer.byteLength(text.slice(0, whole)));
    return entries;
  } catch (error) {
    throw fileFault(error, path, "cannot be written");
  }
}

/** The bad samples that a file lists. @throws MillraceError FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT */
export function readQuarantine(path: string): readonly QuarantineEntry[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fileFault(error, path, "cannot be read");
  }
  return parsed(text, path);
}

function parsed(text: string, path: string): readonly QuarantineEntry[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const isLast = i === lines.length - 1;
    // The last line of a program that was killed may be cut off.
    if (line.trim() === "" || (isLast && !isJson(line))) return [];
    const entry = isJson(line) ? (JSON.parse(line) as Partial<QuarantineEntry> | null) : null;
    if (Number.isSafeInteger(entry?.index) && ["undefined", "string"].includes(typeof entry?.key))
      return [entry as QuarantineEntry];
    throw new MillraceError(
      "FILE_FORMAT",
      `each line of a quarantine must be JSON with an index, and a key where there is one, was ${line.slice(0, 80)}`,
      { where: [`${path}:${i + 1}`], hint: "Give the quarantine.jsonl of a run, or lines like its own." },
    );
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
