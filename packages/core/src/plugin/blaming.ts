/** What a plugin throws of itself is named by it: the fault of a plugin is no bug of Millrace. */
import { MillraceError } from "../errors.js";
import type { PluginKind } from "./plugin.js";

/** Whom a fault is named by. */
export interface Blamed {
  readonly kind: PluginKind | "service";
  readonly name: string;
  /** The package or file that it came from, where that is known. */
  readonly origin?: string | undefined;
}

/**
 * What `call` gives, at once or later.
 * @throws MillraceError PLUGIN_INVALID that names the plugin and `what` of it failed; what MillraceErrors say stays as it is.
 */
export function blaming<T>(blamed: Blamed, what: string, call: () => T): T {
  const { kind, name, origin } = blamed;
  const from = origin === undefined ? "" : `, which comes from ${origin}`;
  const named = (error: unknown): MillraceError =>
    MillraceError.from(error, "PLUGIN_INVALID", `${what} of the ${kind} "${name}" failed`, {
      hint: `The fault is in the plugin${from}.`,
    });
  try {
    const given = call();
    if (!(given instanceof Promise)) return given;
    return given.catch((error: unknown) => {
      throw named(error);
    }) as T;
  } catch (error) {
    throw named(error);
  }
}

/** Functions that are asked beside the samples, whose faults nobody names by a sample. */
const asked: { readonly [K in Blamed["kind"]]?: readonly string[] } = {
  source: ["key", "origin", "column", "share", "fingerprint", "lengthOf", "close"],
  trainer: ["close"],
};

const blames = new WeakSet<object>();

/** `value`, whose functions name the plugin from now on. One that cannot be changed stays as it is. */
export function blamingFor<T>(blamed: Blamed, value: T): T {
  const members = value as Record<string, unknown>;
  for (const member of asked[blamed.kind] ?? []) {
    const own = members[member];
    if (typeof own !== "function" || blames.has(own) || !isOpen(members, member)) continue;
    const call = own as (...args: unknown[]) => unknown;
    const named = function (this: unknown, ...args: unknown[]): unknown {
      return blaming(blamed, member, () => call.apply(this, args));
    };
    blames.add(named);
    const enumerable = Object.getOwnPropertyDescriptor(members, member)?.enumerable ?? false;
    Object.defineProperty(members, member, { value: named, configurable: true, writable: true, enumerable });
  }
  return value;
}

function isOpen(members: object, member: string): boolean {
  const own = Object.getOwnPropertyDescriptor(members, member);
  return own === undefined ? Object.isExtensible(members) : own.configurable === true;
}
