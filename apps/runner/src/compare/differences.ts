/** Where the specs of several runs differ: by path, and only there. */

export interface Difference {
  /** As `--set` takes it: "trainer.with.epochs", "model.with.layers[2].units". */
  readonly path: string;
  /** One for each spec; undefined where it has nothing there. */
  readonly values: readonly unknown[];
}

/** Specs that could not be read are undefined, and differ in nothing. */
export function differences(specs: readonly unknown[]): Difference[] {
  return differ(
    "",
    specs,
    specs.map((spec) => spec !== undefined),
  );
}

function differ(path: string, values: readonly unknown[], isThere: readonly boolean[]): Difference[] {
  const known = values.filter((_, i) => isThere[i]);
  if (known.length < 2 || known.every((value) => isSame(value, known[0]))) return [];
  const parts = known.filter((value) => value !== undefined);
  const areObjects = parts.every(isRecord);
  const areLists = parts.every((value) => Array.isArray(value) && value.some(isNested));
  // What one spec has alone is told whole, and so are plugins of different names: their options have nothing in common.
  const kinds = new Set(parts.map(kindOf));
  if (parts.length < 2 || kinds.size > 1 || !(areObjects || areLists)) return [{ path, values }];
  const keys = [...new Set(parts.flatMap((value) => Object.keys(value as object)))];
  return keys.flatMap((key) => {
    const below = areLists ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const at = values.map((value) => valueAt(value, key));
    return differ(below, at, isThere);
  });
}

function valueAt(value: unknown, key: string): unknown {
  return isNested(value) && Object.hasOwn(value as object, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isRecord(value: unknown): boolean {
  return isNested(value) && !Array.isArray(value);
}

/** As JSON has it, whatever the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isNested(a) || !isNested(b)) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}

/** The plugin that `{ use, with }` names. */
function kindOf(value: unknown): unknown {
  return valueAt(value, "use");
}

/** A value as a person reads it; nothing is a dash. */
export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "string") return value;
  const use = valueAt(value, "use");
  return typeof use === "string"
    ? `${use} ${JSON.stringify(valueAt(value, "with") ?? {})}`
    : JSON.stringify(value);
}
