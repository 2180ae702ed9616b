/** A process that ends while its command is at work, and would look like one that did it. */
import { writeSync } from "node:fs";
import { MillraceError } from "@millrace/core";
import { exitCodes, failureText } from "./failure.js";
import { terminalOf } from "./view/terminal.js";

/** Until what it returns is called, an end of the process without a fault is told as one. */
export function expectMore(): () => void {
  const onExit = (code: number): void => {
    if (code !== exitCodes.ok) return;
    process.exitCode = exitCodes.fault;
    const error = new MillraceError(
      "PLUGIN_INVALID",
      "the process must not end before the command has, but something in it called process.exit, or waits for what nothing will bring",
      {
        hint: "Look for process.exit, and for promises that never settle, in the plugins and modules that the command loads.",
      },
    );
    writeSync(2, failureText(error, terminalOf(process.stderr, process.env).colors, false));
  };
  process.once("exit", onExit);
  return () => process.off("exit", onExit);
}
