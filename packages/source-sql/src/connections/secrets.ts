/** What must not be seen: passwords come from the environment, and no message repeats them. */
import { MillraceError } from "@millrace/core";

export const envReference = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/;

/** True where a password stands in the address itself. */
export function hasWrittenPassword(url: string): boolean {
  const marked = url.replaceAll(new RegExp(envReference, "g"), "\0");
  const password = /^[^:/?#]*:\/\/[^/?#@]*?:([^/?#@]*)@/.exec(marked)?.[1] ?? "";
  const parameter = /[?&](?:password|passwd|pwd)=([^&#]*)/i.exec(marked)?.[1] ?? "";
  return [password, parameter].some((text) => text.replaceAll("\0", "") !== "");
}

/** `text` with variables of the environment put in. @throws MillraceError OPTION_INVALID for one that is not set. */
export function expand(text: string, option: string, environment = process.env): string {
  return text.replaceAll(new RegExp(envReference, "g"), (_, name: string) => {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
    throw new MillraceError(
      "OPTION_INVALID",
      `the variable ${name} of the environment must be set, was not`,
      {
        path: [option],
        hint: `Set it where the run is started: ${name}=… millrace run spec.json.`,
      },
    );
  });
}

/** Removes secrets from what a library says. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => (secret === "" ? clean : clean.replaceAll(secret, "***")), text);
}
