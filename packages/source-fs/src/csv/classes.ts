/** A column of class names while it is read: indices into its distinct values. */
import { MillraceError } from "@millrace/core";
import { GrowingRows } from "../memory/growing.js";

/** More than this are no classes: names, identifiers, numbers. */
const mostClasses = 2 ** 20;

export interface ClassCodes {
  /** The distinct values, in order of appearance, each with the line where it first stands. */
  readonly distinct: readonly { readonly value: string; readonly line: number }[];
  /** Indices into `distinct`, one per row, in shared memory; -1 for a row without a value. */
  readonly codes: Int32Array;
}

/** Errors: FILE_FORMAT where there is no end of distinct values. */
export function classCodes(path: string, name: string) {
  const codeOf = new Map<string, number>();
  const distinct: { value: string; line: number }[] = [];
  const codes = new GrowingRows(Int32Array, 1);
  return {
    push(text: string, line: number): void {
      let code = codeOf.get(text);
      if (code === undefined) {
        if (distinct.length === mostClasses) throw tooMany(path, name, line);
        const value = ownText(text);
        code = distinct.length;
        codeOf.set(value, code);
        distinct.push({ value, line });
      }
      const at = codes.next();
      codes.block[at] = code;
    },
    pushMissing(): void {
      const at = codes.next();
      codes.block[at] = -1;
    },
    finish: (): ClassCodes => ({ distinct, codes: codes.shared() }),
  };
}

/** The same text, in memory of its own: a part of a long text keeps all of it. */
export function ownText(text: string): string {
  // Shorter ones are copied anyway.
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}

function tooMany(path: string, name: string, line: number): MillraceError {
  const most = mostClasses.toLocaleString("en-US");
  return new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold classes, but has more than ${most} different values`,
    {
      where: [`${path}:${line}`],
      hint: 'Choose another column, or another type if it holds quantities (labelType: "number") or texts.',
    },
  );
}
