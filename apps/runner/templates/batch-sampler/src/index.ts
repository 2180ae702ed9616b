/** The batch sampler `my-batch-sampler`: batches of one class each, in random order. */
import { defineBatchSampler, MillraceError, RandomSampler } from "@millrace/core";
import { z } from "zod";

export default defineBatchSampler({
  name: "my-batch-sampler",
  summary: "batches of one class each, in random order",
  options: z.strictObject({
    batchSize: z
      .int()
      .positive()
      .default(16)
      .describe("samples of a batch; the last of a class may have fewer"),
    column: z.string().min(1).default("label").describe("the column that holds the classes"),
  }),
  async create({ batchSize, column }, { dataset, seed }) {
    const classes = await dataset.column?.(column);
    if (classes === undefined) {
      throw new MillraceError(
        "COLUMN_UNKNOWN",
        `the source must know the column "${column}" without reading samples`,
        {
          hint: "Name another `column`.",
        },
      );
    }
    // A function of the epoch: a run that is taken up again has the same batches.
    const shuffled = new RandomSampler(dataset, { seed });
    const batches = (epoch: number) => byClass(shuffled.indices(epoch), (index) => classes[index], batchSize);
    return {
      length: batches(0).length,
      batchSize,
      description: `my-batch-sampler of ${batchSize} by ${column}, seed ${seed}`,
      indices: batches,
    };
  },
});

/** A batch is full when its class has given enough samples; what is left over comes last. */
function byClass(
  order: Iterable<number>,
  classOf: (index: number) => unknown,
  batchSize: number,
): number[][] {
  const open = new Map<unknown, number[]>();
  const full: number[][] = [];
  for (const index of order) {
    const batch = [...(open.get(classOf(index)) ?? []), index];
    open.set(classOf(index), batch);
    if (batch.length < batchSize) continue;
    full.push(batch);
    open.delete(classOf(index));
  }
  return [...full, ...open.values()];
}
