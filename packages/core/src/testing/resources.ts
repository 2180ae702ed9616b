/** What a process has open, as far as a source may have left it so. */
import type { SourceSuite } from "./source.js";

// Timers and the runner's own channel come and go with the test itself.
export function openResources({ mayStayOpen = [] }: SourceSuite): string[] {
  const passing = new Set(["Timeout", "Immediate", "TickObject", "MessagePort", "PipeWrap", ...mayStayOpen]);
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !passing.has(kind))
    .sort();
}

/** What is in `now` more often than in `before`; what went away meanwhile was somebody else's. */
export function beyond(before: readonly string[], now: readonly string[]): string[] {
  const left = [...before];
  return now.filter((kind) => {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
