/** By what a file is known to be the one it was. */
import { statSync } from "node:fs";

/** Size and time of the last change; another text when the file changes, undefined when it is gone. */
export function stampOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.size} ${found.mtimeNs}`;
}
