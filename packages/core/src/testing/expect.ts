/** What the laws state: few matchers, with the meaning that Jest gave them, whose errors every runner shows with both values. */
import { AssertionError } from "node:assert";
import { inspect } from "node:util";
import { isEqual, isLike } from "./equality.js";

type Check = (actual: unknown) => {
  readonly holds: boolean;
  readonly rule: string;
  readonly expected?: unknown;
};

const matchers = {
  toBe:
    (expected: unknown): Check =>
    (actual) => ({ holds: Object.is(actual, expected), rule: "be", expected }),
  toEqual:
    (expected: unknown): Check =>
    (actual) => ({ holds: isEqual(actual, expected), rule: "equal", expected }),
  toMatchObject:
    (expected: object): Check =>
    (actual) => ({ holds: isLike(actual, expected), rule: "have the parts of", expected }),
  toMatch:
    (pattern: RegExp): Check =>
    (actual) => ({
      holds: typeof actual === "string" && pattern.test(actual),
      rule: "match",
      expected: pattern,
    }),
  toBeDefined: (): Check => (actual) => ({ holds: actual !== undefined, rule: "be defined" }),
  toBeUndefined: (): Check => (actual) => ({ holds: actual === undefined, rule: "be", expected: undefined }),
  toBeTypeOf:
    (type: string): Check =>
    (actual) => ({ holds: typeof actual === type, rule: `be a ${type}` }),
  toBeInstanceOf:
    (type: abstract new (...given: never[]) => unknown): Check =>
    (actual) => ({ holds: actual instanceof type, rule: `be a ${type.name}` }),
  toBeLessThan:
    (most: number): Check =>
    (actual) => ({ holds: Number(actual) < most, rule: "be less than", expected: most }),
  toBeGreaterThan:
    (least: number): Check =>
    (actual) => ({ holds: Number(actual) > least, rule: "be greater than", expected: least }),
  toBeGreaterThanOrEqual:
    (least: number): Check =>
    (actual) => ({ holds: Number(actual) >= least, rule: "be at least", expected: least }),
  toBeCloseTo:
    (expected: number, digits = 2): Check =>
    (actual) => ({
      holds: Object.is(actual, expected) || Math.abs(Number(actual) - expected) < 10 ** -digits / 2,
      rule: "be close to",
      expected,
    }),
  toHaveLength:
    (length: number): Check =>
    (actual) => ({
      holds: (actual as { length?: unknown } | null)?.length === length,
      rule: `have the length ${length}`,
    }),
  toHaveProperty:
    (path: string): Check =>
    (actual) => ({ holds: valueAt(actual, path) !== undefined, rule: `have "${path}"` }),
  toContain:
    (part: unknown): Check =>
    (actual) => ({
      holds:
        typeof actual === "string"
          ? actual.includes(String(part))
          : Array.from(actual as Iterable<unknown>).includes(part),
      rule: "contain",
      expected: part,
    }),
};

type Matchers = typeof matchers;
/** Each matcher, as it is called behind `expect(value)`. */
type Stated<R> = { readonly [K in keyof Matchers]: (...given: Parameters<Matchers[K]>) => R };

export type Expectation = Stated<void> & {
  readonly not: Stated<void>;
  readonly rejects: Stated<Promise<void>>;
};

/** `about`: what the value is, where the rule alone would not say. */
export function expect(actual: unknown, about?: string): Expectation {
  const stated = (isNot: boolean) => each<void>((check) => judge(actual, check, isNot, about));
  return {
    ...stated(false),
    not: stated(true),
    rejects: each<Promise<void>>(async (check) => {
      const settled = await Promise.resolve(actual).then(
        (value: unknown) => ({ value }),
        (error: unknown) => ({ error }),
      );
      if ("error" in settled) judge(settled.error, check, false, about);
      else
        fail(
          `${about ?? "the promise"} must be rejected, was kept with ${show(settled.value)}`,
          settled.value,
          undefined,
        );
    }),
  };
}

function each<R>(made: (check: Check) => R): Stated<R> {
  const entries = Object.entries(matchers).map(([name, matcher]) => [
    name,
    (...given: unknown[]) => made((matcher as (...given: unknown[]) => Check)(...given)),
  ]);
  return Object.fromEntries(entries) as Stated<R>;
}

function judge(actual: unknown, check: Check, isNot: boolean, about: string | undefined): void {
  const result = check(actual);
  if (result.holds !== isNot) return;
  const rule = `${isNot ? "not " : ""}${result.rule}`;
  const expected = "expected" in result ? ` ${show(result.expected)}` : "";
  const what = about === undefined ? show(actual) : `${about}: ${show(actual)}`;
  fail(`${what} must ${rule}${expected}`, actual, result.expected);
}

function fail(message: string, actual: unknown, expected: unknown): never {
  throw new AssertionError({ message, actual, expected, operator: "law" });
}

function show(value: unknown): string {
  // Where an error was thrown says nothing here.
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = inspect(value, { depth: 4, breakLength: 100, maxArrayLength: 12, maxStringLength: 400 });
  return text.length > 600 ? `${text.slice(0, 600)} …` : text;
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value);
}
