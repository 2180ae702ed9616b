/** The text of one record of JSON. */
import { MillraceError } from "@millrace/core";
import { shown } from "../records/fields.js";
import type { Parsed } from "../records/records.js";
import { jsonFault, positionOf } from "./locate.js";
import { parseJson } from "./parse.js";

/** An object or a list. Errors: FILE_FORMAT, by line and column. */
export function jsonRecord(text: string, place: (position: number) => string): Parsed {
  return { value: parsed(text, place), positionOf: (path) => positionOf(text, path) };
}

function parsed(text: string, place: (position: number) => string): object {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    const fault = jsonFault(text);
    throw new MillraceError("FILE_FORMAT", `a sample must be JSON: ${fault?.rule ?? "this is none"}`, {
      where: [place(fault?.position ?? 0)],
      cause,
      hint: "Correct it, or leave it out.",
    });
  }
  if (typeof value === "object" && value !== null) return value;
  throw new MillraceError("FILE_FORMAT", `a sample must be an object or a list, was ${shown(value)}`, {
    where: [place(0)],
    hint: "Write one object with the fields of each sample.",
  });
}
