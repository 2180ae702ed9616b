/** What is wrong with a text that is not JSON, said so that whoever wrote it knows what to change. */
import { type ParseError, printParseErrorCode } from "jsonc-parser";
import { MillraceError } from "../errors.js";
import { plainWords } from "./plain-words.js";

export const jsonHint = "Comments and trailing commas are allowed; everything else is JSON.";

/** Faults shown of one text: most of those that follow the first come of it. */
const mostShown = 10;

/** The fault of a text that the parser refused; `place` says `name:line:column` of an offset. */
export function syntaxError(
  text: string,
  name: string,
  errors: readonly ParseError[],
  place: (offset: number) => string,
): MillraceError {
  if (isEmpty(text)) {
    const what = text.trim() === "" ? "the file is empty" : "the file has nothing but comments";
    return notJson(name, [`${place(0)} ${what}`], "A spec begins with {; `millrace new project` writes one.");
  }
  const begin = openedAt(text);
  if (begin !== undefined)
    return notJson(name, [`${place(begin)} a spec begins with {, which is missing`], jsonHint);
  const yaml = yamlAt(text);
  if (yaml !== undefined) {
    return new MillraceError("SPEC_SYNTAX", `${name} is YAML, which its name does not say`, {
      details: [`${place(yaml)} this is YAML`],
      hint: `Name it ${name.replace(/\.[^./\\]*$/, "")}.yaml, or write it as JSON; comments and trailing commas are allowed.`,
    });
  }
  const symbols = errors.filter(({ error }) => printParseErrorCode(error) === "InvalidSymbol");
  const single = symbols.find(({ offset }) => text[offset] === "'");
  // A word that is none, and what a single quote begins, lead the parser astray: what follows is told by them.
  const first = single === undefined ? symbols : [single];
  const faults = firstOfEachLine(text, first.length > 0 ? first : errors);
  const details = faults.map((error) => `${place(error.offset)} ${sentence(text, error)}`);
  const more = details.length - mostShown;
  const shown = more > 0 ? [...details.slice(0, mostShown), `and ${more} more lines`] : details;
  return notJson(name, shown.length > 0 ? shown : [`${place(0)} value expected`], jsonHint);
}

export function notJson(name: string, details: readonly string[], hint: string): MillraceError {
  return new MillraceError("SPEC_SYNTAX", `${name} is not valid JSON`, { details, hint });
}

function isEmpty(text: string): boolean {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "").trim() === "";
}

/** Where a JSON object begins that has lost its brace: with a key in double quotes, of lines that end in commas. */
function openedAt(text: string): number | undefined {
  const first = /^\s*"[^"\n]+"\s*:[^\n]*,[ \t]*\r?\n/.exec(text);
  return first !== null && /[}\]]\s*$/.test(text) ? first[0].length - first[0].trimStart().length : undefined;
}

/** Where the YAML begins, if that is what it is: by ---, or by a key without quotes or brackets around it. */
function yamlAt(text: string): number | undefined {
  const found = /^(?!\s*(#|\/\/|$)).*$/m.exec(text);
  if (found === null) return undefined;
  const at = found.index + (/\S/.exec(found[0])?.index ?? 0);
  return /^(---|-\s|["']?[\w $.-]+["']?\s*:(\s|$))/.test(text.slice(at)) ? at : undefined;
}

/** A parser that has lost its way finds a fault at each word: of a line the first is what a person should see. */
function firstOfEachLine(text: string, errors: readonly ParseError[]): ParseError[] {
  const seen = new Set<number>();
  return errors.filter(({ offset }) => {
    const start = text.lastIndexOf("\n", offset - 1);
    return !seen.has(start) && seen.add(start);
  });
}

function sentence(text: string, { error, offset, length }: ParseError): string {
  const word = /^[\w$.+-]+/.exec(text.slice(offset))?.[0] ?? text.slice(offset, offset + Math.max(1, length));
  if (text[offset] === "'") return 'text stands in double quotes, "…", not in single ones';
  if (printParseErrorCode(error) === "InvalidSymbol") {
    const isKey = /^\s*:/.test(text.slice(offset + word.length));
    if (isKey) return `a key stands in double quotes: "${word}"`;
    const meant = plainWords.get(word.toLowerCase());
    return `${JSON.stringify(word)} is no value of JSON${meant === undefined ? "; text stands in double quotes" : ` (did you mean ${meant}?)`}`;
  }
  const code = printParseErrorCode(error);
  // "InvalidUnicode" as "invalid unicode".
  return sentences.get(code) ?? code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** What a parser's codes mean to whoever wrote the text. */
const sentences = new Map([
  ["CommaExpected", "a comma is missing before this"],
  ["ColonExpected", "a colon is missing between a key and its value"],
  ["CloseBraceExpected", "a } is missing by the end"],
  ["CloseBracketExpected", "a ] is missing before this"],
  ["PropertyNameExpected", "a key in double quotes must stand here"],
  ["ValueExpected", "a value must stand here"],
  ["EndOfFileExpected", "the spec has ended before this: a } or ] too many, or a { too few"],
  ["UnexpectedEndOfString", "this text has no closing quote in its line"],
  ["UnexpectedEndOfComment", "this comment has no end"],
  ["InvalidEscapeCharacter", "no such escape is known; a backslash is written twice"],
  ["InvalidCharacter", "this character must be escaped in a text"],
]);
