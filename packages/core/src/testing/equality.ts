/** When two values are the same to a law, whatever classes their objects have and whether undefined is written out. */

/** The same numbers to the bit, the same elements, the same keys with a value. */
export function isEqual(actual: unknown, expected: unknown): boolean {
  const asked = asymmetric(expected);
  if (asked !== undefined) return asked(actual);
  if (Object.is(actual, expected)) return true;
  if (!isObject(actual) || !isObject(expected) || tagOf(actual) !== tagOf(expected)) return false;
  if (actual instanceof Error && expected instanceof Error) return actual.message === expected.message;
  if (actual instanceof Date && expected instanceof Date)
    return Object.is(actual.getTime(), expected.getTime());
  if (actual instanceof RegExp && expected instanceof RegExp) return String(actual) === String(expected);
  if (actual instanceof Map && expected instanceof Map) return isEqual([...actual], [...expected]);
  if (actual instanceof Set && expected instanceof Set) return isEqual([...actual], [...expected]);
  if (isBuffer(actual))
    return isEqual(new Uint8Array(actual), new Uint8Array(expected as unknown as ArrayBuffer));
  if (Array.isArray(actual) || ArrayBuffer.isView(actual)) return sameElements(actual, expected);
  return sameKeys(actual, expected);
}

/** Whether `actual` has every part of `expected`, and perhaps others. */
export function isLike(actual: unknown, expected: unknown): boolean {
  const isParts = isObject(expected) && isObject(actual) && asymmetric(expected) === undefined;
  if (!isParts || ArrayBuffer.isView(expected) || isBuffer(expected)) return isEqual(actual, expected);
  if (Array.isArray(expected)) {
    const list = actual as unknown as readonly unknown[];
    return (
      Array.isArray(actual) &&
      list.length === expected.length &&
      expected.every((part, i) => isLike(list[i], part))
    );
  }
  return Object.keys(expected).every((key) => isLike(part(actual, key), part(expected, key)));
}

function sameElements(actual: object, expected: object): boolean {
  const [first, second] = [actual as ArrayLike<unknown>, expected as ArrayLike<unknown>];
  if (actual instanceof DataView) return true;
  if (first.length !== second.length) return false;
  for (let i = 0; i < first.length; i++) if (!isEqual(first[i], second[i])) return false;
  return true;
}

function sameKeys(actual: object, expected: object): boolean {
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...keys].every((key) => isEqual(part(actual, key), part(expected, key)));
}

function part(value: object, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** A matcher of vitest's or Jest's in an expected value, such as `expect.any(Number)`. */
function asymmetric(value: unknown): ((actual: unknown) => boolean) | undefined {
  const { asymmetricMatch } = (value ?? {}) as { asymmetricMatch?: unknown };
  return typeof asymmetricMatch === "function"
    ? (actual) => Boolean(asymmetricMatch.call(value, actual))
    : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isBuffer(value: object): value is ArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}
