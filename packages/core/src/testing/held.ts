/** What samples are made of: values that batches hold, and copies of them. */
import { isNdArray, isTypedArray } from "../contracts/ndarray.js";
import { isPlainObject, kindOf } from "../data/collate.js";

/** The first thing in a sample that no batch holds, in words; undefined where there is none. */
export function strayIn(value: unknown, path = ""): string | undefined {
  if (value === null || isNdArray(value) || isTypedArray(value)) return undefined;
  if (["number", "bigint", "boolean", "string"].includes(typeof value)) return undefined;
  const inner = Array.isArray(value)
    ? value.map((item, i) => [`${path}[${i}]`, item] as const)
    : isPlainObject(value)
      ? Object.entries(value).map(([key, item]) => [path === "" ? key : `${path}.${key}`, item] as const)
      : undefined;
  if (inner === undefined && !(value instanceof Map)) {
    const what = `${path === "" ? "the sample" : `"${path}"`} is ${kindOf(value)}`;
    return value === undefined ? `${what}: does it lack a \`return\`?` : what;
  }
  for (const [at, item] of inner ?? []) {
    const stray = strayIn(item, at);
    if (stray !== undefined) return stray;
  }
  return undefined;
}

/** The same with memory of its own. */
export function copied(value: unknown): unknown {
  if (isTypedArray(value)) return value.slice();
  if (Array.isArray(value)) return value.map(copied);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
}
