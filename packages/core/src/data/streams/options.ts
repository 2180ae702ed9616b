/** The rules that options of streams keep. */
import { MillraceError } from "../../errors.js";

/** @throws MillraceError OPTION_INVALID unless `value` is a whole number from `least`. */
export function requireWhole(value: number, name: string, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `${name} must be a whole number of at least ${least}, was ${String(value)}`,
  );
}
