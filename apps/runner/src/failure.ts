/** Errors as a person, or a program, reads them; and the exit codes. */
import { MillraceError, messageOf } from "@millrace/core";
import type { Colors } from "./view/terminal.js";

/** `usage`: the command line was not understood. `fault`: spec, data, training. `bug`: nobody expected it. */
export const exitCodes = { ok: 0, fault: 1, usage: 2, bug: 70 } as const;

/** A command line that was not understood. */
export const usageCode = "USAGE";

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MillraceError)) return exitCodes.bug;
  return error.code === usageCode ? exitCodes.usage : exitCodes.fault;
}

/** Without what a terminal would obey: names and values of files may be anything. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** The lines for stderr; a stack trace only when `verbose`. */
export function failureText(error: unknown, colors: Colors, verbose: boolean): string {
  const label = colors.bold(colors.red("error:"));
  const lines: string[] = [];
  if (error instanceof MillraceError) {
    const place = error.where.length > 0 ? colors.dim(` (${printable(error.where.join(", "))})`) : "";
    const details = error.details.map((detail) => `  ${printable(detail)}`);
    lines.push(`${label} ${printable(error.message)}${place}`, ...details);
    if (error.hint !== undefined) lines.push(printable(error.hint));
  } else {
    lines.push(`${label} ${printable(messageOf(error))}`);
    const advice = verbose ? "" : "; run with --verbose for the stack trace";
    lines.push(`This is a bug in millrace or in a plugin${advice}.`);
  }
  if (verbose) lines.push(colors.dim(stackText(error)));
  return `${lines.join("\n")}\n`;
}

/** An error as JSON: `{"code","message","hint","where","details"}`. */
export function failureRecord(error: unknown): object {
  if (!(error instanceof MillraceError)) {
    return { code: "UNEXPECTED", message: messageOf(error), where: [], details: [] };
  }
  const { code, message, hint, where, details } = error;
  return { code, message, hint, where, details };
}

function stackText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackText(error.cause)}`;
}
