/** The samples that a run passed over: some to be named in its report, all of them in quarantine.jsonl where it asks for that. */
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Quarantine, type QuarantineEntry } from "@millrace/core/dataloader";
import type { EpochResult, Line, Spec } from "@millrace/core/spec";

export const quarantineName = "quarantine.jsonl";

/** So many are named in a report. */
const mostNamed = 100;

export interface BadSamples {
  /** The first ones. */
  readonly named: readonly QuarantineEntry[];
  /** How many there are, each counted once. */
  readonly count: number;
  readonly add: (sample: QuarantineEntry) => void;
  /** From here on they are written into this folder, after those of the run that is gone on with. */
  writeTo(runDir: string, spec: Spec, resumed: string | undefined): Promise<void>;
}

export function badSamples(): BadSamples {
  const quarantine = new Quarantine();
  const named: QuarantineEntry[] = [];
  let count = 0;
  return {
    named,
    get count() {
      return count;
    },
    add(sample) {
      count++;
      if (named.length < mostNamed) named.push(sample);
      quarantine.add(sample);
    },
    async writeTo(runDir, { loader }, resumed) {
      if (loader.onError !== "quarantine") return;
      const path = join(runDir, quarantineName);
      if (resumed !== undefined) await takeOver(resumed, path);
      quarantine.writeTo(path);
    },
  };
}

/** `resumed` is the folder of a run, or a checkpoint in it. */
async function takeOver(resumed: string, path: string): Promise<void> {
  for (const folder of [resumed, dirname(resumed), dirname(dirname(resumed))]) {
    const isThere = await copyFile(join(folder, quarantineName), path).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
}

/** How many there were in an epoch that has ended; undefined where a bad sample ends the run. */
export function badOfEpoch({ loaders, spec }: Line, epoch: number): EpochResult["bad"] {
  if (spec.loader.onError === "fail") return undefined;
  const countOf = (loader: Line["loaders"]["validation"]): number | undefined => {
    const metrics = loader?.metrics().epoch;
    return metrics?.epoch === epoch ? metrics.badSamples : undefined;
  };
  const [train = 0, validation] = [countOf(loaders.train), countOf(loaders.validation)];
  return { train, ...(validation !== undefined && { validation }) };
}
