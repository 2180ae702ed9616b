/** Laws run one after the other, each to its end or its time. */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, MillraceError } from "@millrace/core";
import type { CollectedTest } from "@millrace/core/testing";

/** What became of one rule. */
export interface Verdict {
  readonly rule: string;
  readonly holds: boolean;
  /** Why not, a line each. */
  readonly why: readonly string[];
}

export async function verdictOf(test: CollectedTest): Promise<Verdict> {
  const rule = test.names.slice(1).join(": ");
  const waiting = new AbortController();
  const late = delay(test.timeout, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`it took longer than ${test.timeout / 1000} seconds`);
  });
  try {
    await Promise.race([test.run(), late]);
    return { rule, holds: true, why: [] };
  } catch (error) {
    return { rule, holds: false, why: whyOf(error) };
  } finally {
    waiting.abort();
    late.catch(() => undefined);
  }
}

export async function verdictsOf(tests: readonly CollectedTest[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const test of tests) verdicts.push(await verdictOf(test));
  return verdicts;
}

function whyOf(error: unknown): string[] {
  const text = error instanceof MillraceError ? error.describe() : messageOf(error);
  return text.split("\n").filter((line) => line.trim() !== "");
}
