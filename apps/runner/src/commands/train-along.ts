/** What a rank other than 0 does in a run: it trains along, and writes nothing. */
import { resolve } from "node:path";
import { broadcastValue, type Logger } from "@millrace/core";
import type { FitResult, Line } from "@millrace/core/spec";
import type { BadSamples } from "../run/bad-samples.js";
import { gatherTold, type Ranks } from "../run/ranks.js";

export interface Along {
  readonly line: Line;
  readonly ranks: Ranks;
  readonly resumeFrom: string | undefined;
  readonly bad: BadSamples;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export async function trainAlong({
  line,
  ranks,
  resumeFrom,
  bad,
  logger,
  signal,
}: Along): Promise<FitResult> {
  const { loaders, model, facts, inverses, spec, trainer } = line;
  ranks.runDir = await broadcastValue(ranks.group, "");
  const result = await trainer.fit({
    train: loaders.train,
    validation: loaders.validation,
    model,
    facts,
    inverses,
    seed: spec.seed,
    runDir: ranks.runDir,
    resumeFrom: resumeFrom === undefined ? undefined : resolve(resumeFrom),
    group: ranks.group,
    signal,
    report: () => undefined,
  });
  await gatherTold(ranks, bad, logger);
  return result;
}
