/** One batch through the model as it is: nothing changes. */
import { type Batch, MillraceError } from "@millrace/core";
import type { Columns } from "../feeding/columns.js";
import { Staging } from "../feeding/staging.js";
import type { TrainerOptions } from "../options.js";
import type { BuiltModel } from "./session.js";
import { measureStep } from "./step.js";

/** Raises whatever is wrong with the batch, or with the model for it. */
export async function rehearse(
  { parts, weighing }: BuiltModel,
  options: TrainerOptions,
  batch: Batch,
  columns: Columns,
): Promise<void> {
  const staging = new Staging(parts, options, false);
  const { samples } = columns;
  const { inputs, target } = staging.take(batch, columns);
  const { each, share } = weighing.weigh(batch, columns.target, false);
  const weights = each && parts.engine.tensor1d(each);
  try {
    const truth = columns.target.data.slice();
    await measureStep(parts, { inputs, target, samples, share, truth, ...(weights && { weights }) });
  } catch (error) {
    throw MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch");
  } finally {
    parts.engine.dispose([...inputs, target, ...(weights ? [weights] : [])]);
  }
}
