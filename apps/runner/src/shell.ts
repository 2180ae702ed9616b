/** What every command is given: where it writes, and how much it says. */
import type { Terminal } from "./view/terminal.js";

export interface Shell {
  readonly out: Terminal;
  readonly err: Terminal;
  /** Debug lines in the log, stack traces with errors. */
  readonly verbose: boolean;
}
