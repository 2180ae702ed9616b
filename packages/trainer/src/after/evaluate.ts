/** Measures a trained model on a split, as validation does while it trains. */
import { MillraceError } from "@millrace/core";
import { type EvaluateContext, type EvaluateResult, knownSamples } from "@millrace/core/spec";
import { measureSplit } from "../loop/epoch.js";
import { Feed } from "../feeding/feed.js";
import { Gallery } from "../measuring/gallery.js";
import type { TrainerOptions } from "../options.js";
import { openTrained } from "./open-trained.js";

/** Raises ABORTED when the signal comes before the end. */
export async function evaluate(options: TrainerOptions, context: EvaluateContext): Promise<EvaluateResult> {
  const { batches, signal, facts } = context;
  const of = knownSamples(batches);
  const trained = await openTrained(options, context);
  const { built, device, weights } = trained;
  try {
    const gallery = new Gallery(built.parts.ignored, { random: 0, worst: 24 });
    const feed = new Feed(batches, 0, signal);
    const parts = { built, options, epoch: 0, feed, gallery };
    const { tallies, seconds } = await measureSplit(parts, (samples) => {
      context.report({ type: "progress", samples, ...(of !== undefined && { of }) });
      return signal.aborted;
    });
    if (signal.aborted) throw new MillraceError("ABORTED", "the evaluation was stopped before its end");
    const { values: metrics, samples } = tallies;
    if (metrics === undefined) throw new MillraceError("SPLIT_INVALID", "the split must not be empty");
    const worst = await gallery.worst(built.parts, batches.dataset);
    const { unit } = built.parts;
    const tables = tallies.tables(facts.labels);
    const restored = unit && { restored: unit.field };
    return { device, weights, samples, metrics, tables, seconds, worst, ...restored };
  } finally {
    trained.close();
  }
}
