/** Where in a JSON text something stands: its fault, or one of its values (RFC 8259). Run over again for messages only. */

/** Lists in lists, and objects; deeper ones are not looked into. */
const mostDeep = 500;

export interface JsonFault {
  /** In units of UTF-16, from 0. */
  readonly position: number;
  /** What should stand there. */
  readonly rule: string;
}

class Unlike extends Error {
  constructor(
    readonly position: number,
    readonly rule: string,
  ) {
    super(rule);
  }
}

/** The first fault of a text that is no JSON; undefined where none is found. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    walk(text);
    return undefined;
  } catch (error) {
    if (error instanceof Unlike) return { position: error.position, rule: error.rule };
    throw error;
  }
}

/** Where the value begins that `path` leads to, in a text that is JSON; as far as the path goes, and 0 where lists lie too deep. */
export function positionOf(text: string, path: readonly string[]): number {
  try {
    return walk(text, path);
  } catch (error) {
    if (error instanceof Unlike) return 0;
    throw error;
  }
}

function walk(text: string, path: readonly string[] = []): number {
  let at = 0;
  let found = 0;
  const fail = (rule: string): never => {
    throw new Unlike(at, at >= text.length ? `${rule}, but the text ends` : rule);
  };
  const blanks = (): void => {
    while (at < text.length && " \t\n\r".includes(text[at])) at++;
  };
  const take = (pattern: RegExp, rule: string): string => {
    pattern.lastIndex = at;
    const [taken] = pattern.exec(text) ?? fail(rule);
    at += taken.length;
    return taken;
  };
  const string = (): string => {
    const start = at;
    at++;
    while (text[at] !== '"') {
      if (at >= text.length) fail("a text must be closed by a quote");
      if (text[at] < " ") fail("a text must have no line end or control character");
      if (text[at] === "\\")
        take(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y, "a backslash must begin one of JSON's escapes");
      else at++;
    }
    at++;
    return JSON.parse(text.slice(start, at)) as string;
  };
  /** Members of a list or an object; `one` reads one. */
  const members = (close: string, one: (count: number) => void): void => {
    at++;
    blanks();
    if (text[at] === close) {
      at++;
      return;
    }
    for (let count = 0; ; count++) {
      one(count);
      blanks();
      if (text[at] === close) break;
      if (text[at] !== ",") fail(`a comma or ${close} must follow a value`);
      at++;
      blanks();
    }
    at++;
  };
  /** `depth` parts of the path led here, -1 if it leads elsewhere. */
  const value = (deep: number, depth: number): void => {
    blanks();
    if (depth >= 0) found = at;
    if (deep > mostDeep) fail("lists must not lie in each other so deeply");
    const inner = (name: string): void =>
      value(deep + 1, depth >= 0 && path[depth] === name ? depth + 1 : -1);
    if (text[at] === "[") members("]", (count) => inner(String(count)));
    else if (text[at] === "{") {
      members("}", () => {
        if (text[at] !== '"') fail("a key in quotes must stand here");
        const key = string();
        blanks();
        if (text[at] !== ":") fail("a colon must follow a key");
        at++;
        inner(key);
      });
    } else if (text[at] === '"') string();
    else
      take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y, "a value of JSON must stand here");
  };
  value(0, 0);
  blanks();
  if (at < text.length) fail("nothing must follow the value");
  return found;
}
