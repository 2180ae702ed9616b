/** JSON with comments, written for people: short things on one line, each decision above what it decided. */

/** A value, and what is said of it. */
class Noted {
  constructor(
    readonly value: unknown,
    readonly notes: readonly string[],
  ) {}
}

/** `value` with comments above it; blank ones, and undefined, are left out. */
export function noted<T>(value: T, ...notes: readonly (string | undefined)[]): T {
  const said = notes.filter((note) => note !== undefined && note !== "") as string[];
  return said.length === 0 ? value : (new Noted(value, said) as T);
}

const lineWidth = 110;

/** `value` as JSON, its members that are undefined left out. `heading` stands above it. */
export function commentedJson(value: unknown, heading: readonly string[] = []): string {
  return `${heading.map((line) => `// ${line}\n`).join("")}${print(value, "", 0)}\n`;
}

/** `taken`: characters that stand before the value on its line. */
function print(value: unknown, indent: string, taken: number): string {
  if (value instanceof Noted) return print(value.value, indent, taken);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const line = hasNotes(value) ? undefined : inline(value);
  if (line !== undefined && indent.length + taken + line.length < lineWidth) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value) && value.every(isPlain)) return `[\n${filled(value, inner)}\n${indent}]`;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const members = membersOf(value).map(([key, member], i, all) => {
    const notes = member instanceof Noted ? member.notes : [];
    const name = key === undefined ? "" : `${JSON.stringify(key)}: `;
    const comma = i < all.length - 1 ? "," : "";
    return `${notes.flatMap((note) => comment(note, inner)).join("")}${inner}${name}${print(member, inner, name.length)}${comma}\n`;
  });
  return `${open}\n${members.join("")}${indent}${close}`;
}

function inline(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = membersOf(value).map(
    ([key, member]) => `${key === undefined ? "" : `${JSON.stringify(key)}: `}${inline(member)}`,
  );
  if (Array.isArray(value)) return `[${members.join(", ")}]`;
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** Names and numbers, as many to a line as there is room for. */
function filled(values: readonly unknown[], indent: string): string {
  const lines: string[] = [];
  let line = "";
  values.forEach((value, i) => {
    const text = `${JSON.stringify(value)}${i < values.length - 1 ? "," : ""}`;
    if (line !== "" && indent.length + line.length + 1 + text.length > lineWidth) {
      lines.push(line);
      line = text;
    } else line = line === "" ? text : `${line} ${text}`;
  });
  return [...lines, line].map((each) => `${indent}${each}`).join("\n");
}

function membersOf(value: object): [string | undefined, unknown][] {
  if (Array.isArray(value)) return value.map((member) => [undefined, member]);
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

function hasNotes(value: unknown): boolean {
  if (value instanceof Noted) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasNotes);
}

/** Lines that are not too long, cut between words. */
function comment(note: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of note.split(/\s+/)) {
    if (line !== "" && indent.length + 3 + line.length + 1 + word.length > lineWidth) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((text) => `${indent}// ${text}\n`);
}
