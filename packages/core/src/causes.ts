/** What was thrown, on its way to another thread: name, message, stack, code and the chain of causes, all of it plain. */

/** How many causes of causes are kept; nobody reads further, and a chain may run in a circle. */
const mostCauses = 8;

/** A thrown value that is no object, as it is. */
type Thrown = string | number | boolean | null | undefined;

/** A thrown error or object. */
export interface SerializedThrown {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Its other properties, as far as they are plain: Node's `code`, `errno`, `syscall`, `path`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Errors that it stands for, as AggregateError has them. */
  readonly errors?: readonly SerializedCause[];
  readonly cause?: SerializedCause;
}

export type SerializedCause = SerializedThrown | Thrown;

/** Survives a structured clone, whatever was thrown. Never throws. */
export function serializeCause(thrown: unknown, left = mostCauses): SerializedCause {
  if (["symbol", "function", "bigint"].includes(typeof thrown)) return text(thrown);
  if (typeof thrown !== "object" || thrown === null) return thrown as Thrown;
  const fields: Record<string, unknown> = {};
  for (const key of own(thrown)) {
    const value = read(thrown, key);
    if (isPlain(value)) fields[key] = Array.isArray(value) ? [...(value as unknown[])] : value;
  }
  const [cause, errors, stack] = [read(thrown, "cause"), read(thrown, "errors"), read(thrown, "stack")];
  const inner = (value: unknown): SerializedCause => serializeCause(value, left - 1);
  return {
    name: text(read(thrown, "name") ?? read(read(thrown, "constructor"), "name") ?? "Error"),
    message: messageOf(thrown),
    ...(typeof stack === "string" && { stack }),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(left > 0 && Array.isArray(errors) && { errors: errors.slice(0, mostCauses).map(inner) }),
    ...(left > 0 && cause !== undefined && { cause: inner(cause) }),
  };
}

/** Classes that are themselves again in the other thread, so that `instanceof` holds. */
const classes = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/**
 * The error that `serializeCause` described. `ours` makes those of a class that this module does not know; what it does
 * not know either keeps its name.
 */
export function reviveCause(
  cause: SerializedCause,
  ours: (thrown: SerializedThrown) => Error | undefined,
): unknown {
  if (typeof cause !== "object" || cause === null) return cause;
  const known = ours(cause);
  if (known !== undefined) return known;
  const { name, message, stack, fields, errors } = cause;
  const type = Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : Error;
  const error = new type(message, "cause" in cause ? { cause: reviveCause(cause.cause, ours) } : undefined);
  const define = (key: string, value: unknown): void =>
    void Object.defineProperty(error, key, { value, configurable: true, writable: true });
  if (error.name !== name) define("name", name);
  define("stack", stack);
  if (errors !== undefined)
    define(
      "errors",
      errors.map((item) => reviveCause(item, ours)),
    );
  return Object.assign(error, fields);
}

/** The first line a person should see of any thrown value. Never throws. */
export function messageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return text(error);
  try {
    const { message } = error as { readonly message?: unknown };
    return message === undefined ? text(error) : text(message);
  } catch (inner) {
    return `an error whose message cannot be read (${inner === error ? "" : messageOf(inner)})`;
  }
}

/** Any value in words. Never throws. */
function text(value: unknown): string {
  try {
    return typeof value === "object" && value !== null && !(value instanceof Error)
      ? (JSON.stringify(value) ?? "an object")
      : String(value);
  } catch {
    return `a ${typeof value} that cannot be shown`;
  }
}

function own(value: object): string[] {
  try {
    return Object.keys(value).filter((key) => !["name", "message", "stack", "cause", "errors"].includes(key));
  } catch {
    return [];
  }
}

function read(value: unknown, key: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value))
    return value.every((item) => typeof item === "string" || typeof item === "number");
  return ["string", "number", "boolean"].includes(typeof value);
}
