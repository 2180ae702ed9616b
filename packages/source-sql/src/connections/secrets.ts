/** What must not be seen: passwords come from the environment, and no message repeats them. */
import { envReference } from "@millrace/core";

/** What is written of a text: variables as one character each, and defaults, which would be written passwords. */
function written(text: string): string {
  const variable = (_whole: string, _name: string, usual?: string) => usual ?? "\0";
  return text.replaceAll(new RegExp(envReference, "g"), variable);
}

/** True where a text is variables of the environment and nothing else. */
export function isReference(text: string): boolean {
  return /^\0+$/.test(written(text));
}

/** True where a password stands in the address itself. */
export function hasWrittenPassword(url: string): boolean {
  const marked = written(url);
  const password = /^[^:/?#]*:\/\/[^/?#@]*?:([^/?#@]*)@/.exec(marked)?.[1] ?? "";
  const parameter = /[?&](?:password|passwd|pwd)=([^&#]*)/i.exec(marked)?.[1] ?? "";
  return [password, parameter].some((text) => text.replaceAll("\0", "") !== "");
}

/** Removes secrets from what a library says. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => (secret === "" ? clean : clean.replaceAll(secret, "***")), text);
}
