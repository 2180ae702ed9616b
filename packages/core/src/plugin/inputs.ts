/** How inputs of a person's own become samples. */
import type { MillraceError } from "../errors.js";

/** A sample without its label, made of something that a person named. */
export interface LooseSample {
  /** What the person calls it: a path, "wine.csv:17". */
  readonly name: string;
  readonly sample: unknown;
}

/** An input that cannot be a sample, and why. */
export interface LooseFault {
  readonly name: string;
  readonly error: MillraceError;
}

/** How inputs that lie outside of a source become samples like its own, to be predicted. */
export interface SourceInputs {
  /** Endings of the files that `read` takes, in lower case with the dot; folders are searched for them. */
  readonly endings: readonly string[];
  /** The samples of one file, in order. One that cannot be made is a fault in its place; throws where the whole file is at fault. */
  read(path: string): AsyncIterable<LooseSample | LooseFault>;
  /**
   * A sample of values by name, as a line of JSON Lines states them; relative paths start at `folder`. Errors:
   * INPUT_INVALID.
   */
  fromValues?(values: Readonly<Record<string, unknown>>, folder: string): unknown;
  /** What `read` does, as plain data, for programs that have to do it themselves: the order of columns, the colours. */
  readonly about?: Readonly<Record<string, unknown>>;
}
