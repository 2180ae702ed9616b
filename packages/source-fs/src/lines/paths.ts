/** Values inside of a record, by what `from` calls them: a key, or keys and positions with dots between. */

/** Gives undefined where there is no such value. */
export type Look = (record: object) => unknown;

/** `a.b.0` is the first of the list under `b` in the object under `a`; a key that has the dots itself goes first. */
export function lookAt(name: string): Look {
  const steps = name.split(".");
  if (steps.length === 1) return (record) => within(record, name);
  return (record) => {
    if (Object.hasOwn(record, name)) return within(record, name);
    let value: unknown = record;
    for (const step of steps) {
      value = within(value, step);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

function within(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  // Of a list its places alone: not its length.
  if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
