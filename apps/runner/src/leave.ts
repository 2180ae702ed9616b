/** The end of the process: by itself when nothing is left open, else after a moment's grace. */

const graceMilliseconds = 2000;

/** Sets the exit code; a handle that a plugin forgot cannot keep a finished run from ending. */
export function leave(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), graceMilliseconds).unref();
}
