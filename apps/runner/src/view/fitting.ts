/** Transforms that are fitted, in words. */
import type { FitEvent } from "@millrace/core/spec";
import { count, duration, progressText } from "./format.js";
import type { View } from "./view.js";

/** Tells a view how fitting goes on, and what came of it. */
export function fittingTeller(view: Pick<View, "busy" | "print">): (event: FitEvent) => void {
  return (event) => {
    if (event.type === "fitted") view.print(fittedText(event));
    else {
      const { names } = event;
      view.busy(`fitting ${names.join(", ")}: ${progressText(event)}`);
    }
  };
}

/** "fitted standardize (transforms[0]) to 16,000 training samples in 0.3 s" */
function fittedText({ name, place, samples, seconds }: Extract<FitEvent, { type: "fitted" }>): string {
  const what = `${name} (${place}) to ${count(samples)} training samples`;
  return seconds === undefined ? `fitted before: ${what}` : `fitted ${what} in ${duration(seconds)}`;
}
