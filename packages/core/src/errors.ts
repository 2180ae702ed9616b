/** The one error of Millrace: a stable code, the rule with the value received, what to do, and where it happened. */

import {
  messageOf,
  reviveCause,
  type SerializedCause,
  type SerializedThrown,
  serializeCause,
} from "./causes.js";

export { messageOf } from "./causes.js";

/** Every code that Millrace's own packages raise; docs/errors.md has a row for each, and a test keeps both in step. */
export const errorCodes = [
  "ABORTED",
  "BAD_SAMPLES",
  "BATCH_INVALID",
  "BATCH_NOT_TRANSFERABLE",
  "CACHE_KEY",
  "CACHE_RANDOM",
  "CACHE_VALUE",
  "COLLATE_EMPTY",
  "COLLATE_MISMATCH",
  "COLLATE_OVERFLOW",
  "COLLATE_TYPE",
  "COLUMN_UNKNOWN",
  "DATABASE_FAILED",
  "DATASET_CLOSED",
  "DATASET_INDEX",
  "DATASET_INVALID",
  "DATA_CHANGED",
  "DEVICE_FAILED",
  "DEVICE_UNAVAILABLE",
  "FACT_UNKNOWN",
  "FILE_EXISTS",
  "FILE_FAILED",
  "FILE_FORMAT",
  "FILE_NOT_FOUND",
  "FILE_OUTSIDE",
  "FIT_MISSING",
  "FIT_STATE",
  "GROUP_FAILED",
  "GROUP_UNAVAILABLE",
  "INPUT_INVALID",
  "LABEL_UNKNOWN",
  "LENGTH_UNKNOWN",
  "LOADER_CLOSED",
  "LOADER_OPTION",
  "LOADER_TIMEOUT",
  "MODEL_INVALID",
  "OPTION_INVALID",
  "OUT_DIR",
  "PACKAGE_MISSING",
  "PLUGIN_DUPLICATE",
  "PLUGIN_INVALID",
  "PLUGIN_NOT_FOUND",
  "PLUGIN_UNKNOWN",
  "SAMPLER_FAILED",
  "SAMPLE_FAILED",
  "SERVICE_MISSING",
  "SOURCES_DISAGREE",
  "SPEC_INVALID",
  "SPEC_NOT_FOUND",
  "SPEC_SYNTAX",
  "SPLIT_INVALID",
  "STATE_INVALID",
  "STATE_MISMATCH",
  "TABLE_INVALID",
  "TRAINING_DIVERGED",
  "TRAINING_INPUT",
  "TRAINING_TARGET",
  "TRANSFORM_INPUT",
  "UNEXPECTED",
  "USAGE",
  "WORKER_DIED",
  "WORKER_RECIPE",
] as const;

/** One of Millrace's own codes. */
export type ErrorCode = (typeof errorCodes)[number];

export interface MillraceErrorInit {
  /** What to do about it, in the imperative. */
  readonly hint?: string;
  /** Where it happened, innermost first: "transform 1 resize", "sample 17 (digits/3/17.png)", "worker 2". */
  readonly where?: readonly string[];
  /** The error underneath, if another library raised it. */
  readonly cause?: unknown;
  /** Several faults found in one pass, such as every fault of a spec. */
  readonly details?: readonly string[];
  /** Which entry of a batch is to blame, from 0: whoever knows the batch names the sample. */
  readonly entry?: number;
  /** Where in options the fault lies, as keys and positions: `["layers", 2, "units"]`; a spec's line is found by it. */
  readonly path?: readonly (string | number)[];
  /** Faults found together, each an error with its own path. */
  readonly faults?: readonly MillraceError[];
}

/** What an error looks like between threads and in JSON. */
export interface SerializedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly where: readonly string[];
  readonly details: readonly string[];
  readonly cause?: SerializedCause;
}

/**
 * Raised for every fault that Millrace names. `message` states the rule and the value received, `hint` what to do;
 * `code` is stable across releases. Plugins may use codes of their own.
 */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly where: readonly string[];
  readonly details: readonly string[];
  readonly entry: number | undefined;
  readonly path: readonly (string | number)[] | undefined;
  readonly faults: readonly MillraceError[];

  constructor(code: ErrorCode | (string & {}), message: string, init: MillraceErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.hint = init.hint;
    this.entry = init.entry;
    this.where = init.where ?? [];
    this.details = init.details ?? [];
    this.path = init.path;
    this.faults = init.faults ?? [];
  }

  /** Several faults as one error, which lists them; a single one stays as it is. `head` is its message. */
  static several(faults: readonly MillraceError[], head: string): MillraceError {
    if (faults.length === 1) return faults[0];
    const codes = new Set(faults.map(({ code }) => code));
    const [code] = codes.size === 1 ? codes : ["SPEC_INVALID"];
    const each = faults.flatMap((fault) => (fault.faults.length > 0 ? fault.faults : [fault]));
    const details = each.map((fault) => fault.describe().replaceAll("\n", "\n  "));
    return new MillraceError(code, head, { details, faults: each });
  }

  /** The same error, seen from one level further out. */
  at(...places: readonly string[]): MillraceError {
    const error = new MillraceError(this.code, this.message, {
      hint: this.hint,
      where: [...this.where, ...places],
      cause: this.cause,
      details: this.details,
      entry: this.entry,
      path: this.path,
      faults: this.faults,
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  /** The same error, its paths seen from further out: options of a plugin become those of a spec. */
  within(...outer: readonly (string | number)[]): MillraceError {
    const error = new MillraceError(this.code, this.message, {
      hint: this.hint,
      where: this.where,
      cause: this.cause,
      details: this.details,
      entry: this.entry,
      path: this.faults.length > 0 ? this.path : [...outer, ...(this.path ?? [])],
      faults: this.faults.map((fault) => fault.within(...outer)),
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  /** The text a person reads: message, place, details, hint; never a stack trace. */
  describe(): string {
    const place = this.where.length > 0 ? ` (${this.where.join(", ")})` : "";
    const lines = [`${this.message}${place}`, ...this.details.map((detail) => `  ${detail}`)];
    if (this.hint !== undefined) lines.push(this.hint);
    return lines.join("\n");
  }

  /** Plain data, whatever the cause is: it can be cloned into another thread, and written as JSON. */
  toJSON(): SerializedError {
    const { code, message, hint, where, details, cause } = this;
    return {
      code: messageOf(code),
      message: messageOf({ message }),
      hint: hint === undefined ? undefined : messageOf(hint),
      where: where.map(messageOf),
      details: details.map(messageOf),
      cause: cause === undefined ? undefined : serializeCause(cause),
    };
  }

  /** The error that `toJSON` described; causes keep name, message, stack, code and causes of their own. */
  static fromJSON(json: SerializedError): MillraceError {
    const cause = json.cause === undefined ? undefined : reviveCause(json.cause, ownCause);
    return new MillraceError(json.code, json.message, { ...json, cause });
  }

  /** `error` itself if Millrace raised it, else the given code and message with `error` as cause. */
  static from(
    error: unknown,
    code: ErrorCode | (string & {}),
    prefix: string,
    init: Omit<MillraceErrorInit, "cause"> = {},
  ): MillraceError {
    if (error instanceof MillraceError) return error.at(...(init.where ?? []));
    return new MillraceError(code, `${prefix}: ${messageOf(error)}`, { ...init, cause: error });
  }
}

function ownCause({ name, message, fields, cause }: SerializedThrown): MillraceError | undefined {
  if (name !== "MillraceError") return undefined;
  const { code, hint, where, details } = (fields ?? {}) as Partial<SerializedError>;
  const json = { code: String(code), message, hint, where: where ?? [], details: details ?? [], cause };
  return MillraceError.fromJSON(json);
}
