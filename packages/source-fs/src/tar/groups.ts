/** Entries that are one sample: those of one key, the name up to the first dot, one behind the other. */
import { MillraceError } from "@millrace/core";
import type { TarEntry } from "./entry.js";
import { named } from "./faults.js";

/** One file of a sample. */
export interface Member {
  /** What stands behind the first dot of its name, in lower case: "jpg", "seg.png". */
  readonly extension: string;
  readonly name: string;
  readonly data: number;
  readonly size: number;
}

export interface SampleGroup {
  /** With the folders in the archive: "train/0001". */
  readonly key: string;
  readonly members: readonly Member[];
  /** Where its first entry begins in the archive, and where the first that is another's does. */
  readonly start: number;
  readonly end: number;
}

/** Key and extension, as webdataset divides names; undefined where the base name begins with a dot or has none. */
export function splitName(name: string): readonly [key: string, extension: string] | undefined {
  const base = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", base);
  return dot <= base ? undefined : [name.slice(0, dot), name.slice(dot + 1).toLowerCase()];
}

/** The samples of one archive, from its entries in their order. */
export class SampleGroups {
  readonly #archive: string;
  /** The first entry of each key. */
  readonly #first = new Map<string, string>();
  #key: string | undefined;
  #members: Member[] = [];
  #start = 0;
  /** Files that are of no sample, and the first of them. */
  passedOver = 0;
  example: string | undefined;

  constructor(archive: string) {
    this.#archive = archive;
  }

  /** The sample that is complete now that another's entry has come. Errors: FILE_FORMAT, naming both entries. */
  push({ name, isFile, start, data, size }: TarEntry): SampleGroup | undefined {
    if (!isFile) return undefined;
    const parts = splitName(name);
    if (parts === undefined) {
      this.passedOver++;
      this.example ??= name;
      return undefined;
    }
    const [key, extension] = parts;
    const complete = key === this.#key ? undefined : this.#next(key, name, start);
    const twice = this.#members.find((member) => member.extension === extension);
    if (twice !== undefined) {
      const rule = `a sample must have each field once, but ${named(twice.name)} and ${named(name)} are the same one`;
      throw this.#fault(rule, "Rename one of them: what stands behind the first dot is the field.");
    }
    this.#members.push({ extension, name, data, size });
    return complete;
  }

  /** The last sample, which `end` of the archive completes. */
  finish(end: number): SampleGroup | undefined {
    const last = this.#take(end);
    this.#key = undefined;
    return last;
  }

  #next(key: string, name: string, start: number): SampleGroup | undefined {
    const first = this.#first.get(key);
    if (first !== undefined) {
      const rule = `the files of a sample must stand side by side, but others stand between ${named(first)} and ${named(name)}`;
      throw this.#fault(
        rule,
        "Pack the archive in order of names (`tar --sort=name`), or rename one of the samples.",
      );
    }
    const complete = this.#take(start);
    this.#first.set(key, name);
    this.#key = key;
    this.#start = start;
    return complete;
  }

  #take(end: number): SampleGroup | undefined {
    if (this.#key === undefined) return undefined;
    const group = { key: this.#key, members: this.#members, start: this.#start, end };
    this.#members = [];
    return group;
  }

  #fault(rule: string, hint: string): MillraceError {
    return new MillraceError("FILE_FORMAT", rule, { where: [this.#archive], hint });
  }
}
