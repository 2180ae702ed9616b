/** What is said of archives that cannot be read. */
import { MillraceError } from "@millrace/core";

/** `archive` is the file, `position` where in it the entry's headers begin. */
export function tarFault(archive: string, position: number, rule: string, hint?: string): MillraceError {
  return new MillraceError("FILE_FORMAT", rule, {
    where: [`${archive}, byte ${position}`],
    hint: hint ?? "Is the file whole, and a tar archive? Make it again, or leave it out of `shards`.",
  });
}

/** An entry as errors name it. */
export function named(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
