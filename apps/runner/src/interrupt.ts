/** Ctrl-C: the first asks the run to stop and save, the second ends it at once. */
import { constants } from "node:os";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type SignalName = (typeof names)[number];

/** npm passes the terminal's Ctrl-C on to its child, which has it already: one press arrives twice. */
const samePressMilliseconds = 250;

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** 130 after Ctrl-C, 143 after SIGTERM: 128 and the signal's number. */
  exitCode(): number;
  /** Leaves signals to Node again. */
  close(): void;
}

/** Listens until closed; `onFirst` may itself end the process where there is nothing to save. */
export function listen(onFirst: (exitCode: number) => void): Interrupt {
  const controller = new AbortController();
  let code = 0;
  let since = 0;
  const listeners = names.map((name) => {
    const listener = () => {
      if (code !== 0) {
        if (performance.now() - since > samePressMilliseconds) process.exit(code);
        return;
      }
      code = 128 + constants.signals[name];
      since = performance.now();
      onFirst(code);
      controller.abort(new Error(name));
    };
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    exitCode: () => code,
    close() {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
