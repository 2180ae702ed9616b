/** What is asked of the messages of faults, and how they stand in snapshots. */
import { MillraceError, messageOf } from "@millrace/core";

/** A place in a file: `spec.json:12:17`; or the words of a command line. */
const place = /\S+\.(?:json|ya?ml):\d+:\d+|--set \S+/;

/** What a message lacks of those that a person can act on: a place, a rule or a hint, and no stack trace. */
export function shortcomings(error: unknown): string[] {
  if (!(error instanceof MillraceError)) return [`no error with a name: ${messageOf(error)}`];
  const text = error.describe();
  const told = error.details.filter((line) => !/^and \d+ more/.test(line));
  const lines = told.length > 0 ? told : [text];
  return [
    ...lines.filter((line) => !place.test(line)).map((line) => `no place: ${line}`),
    ...lines.filter((line) => !saysWhatToDo(line, error)).map((line) => `nothing to do about it: ${line}`),
    ...(/\n\s+at .+:\d+:\d+/.test(text) ? [`a stack trace: ${text}`] : []),
  ];
}

/** A hint, or a rule that is one: what must stand there, or what was meant. */
function saysWhatToDo(line: string, { hint }: MillraceError): boolean {
  const rules =
    /must |is required|did you mean|is not an option here|known: |exclude each other|is for |takes |gives |stands? in double quotes|expected/;
  return hint !== undefined || rules.test(line);
}

/** As it stands in a snapshot: without what differs from machine to machine, and without lists that grow. */
export function indented(error: unknown, folder: string): string {
  const text = error instanceof MillraceError ? error.describe() : messageOf(error);
  return text
    .replaceAll(`${folder}/`, "")
    .replaceAll(/(known: |one of |Registered: |Known layers: )[^\n;)]*, [^\n;)]*/g, "$1…")
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
