/** The sampler `my-sampler`: every sample once, the classes in turn, so that no stretch of an epoch lacks one. */
import { defineSampler, MillraceError, RandomSampler } from "@millrace/core";
import { z } from "zod";

export default defineSampler({
  name: "my-sampler",
  summary: "every sample once, in random order, the classes in turn",
  options: z.strictObject({
    column: z.string().min(1).default("label").describe("the column that holds the classes"),
  }),
  async create({ column }, { dataset, seed }) {
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
    // A function of the epoch: a run that is taken up again has the same order.
    const shuffled = new RandomSampler(dataset, { seed });
    return {
      length: dataset.length,
      description: `my-sampler by ${column}, seed ${seed}`,
      indices: (epoch) => inTurn([...shuffled.indices(epoch)], (index) => classes[index]),
    };
  },
});

/** One of each class, as long as there are any, then one of each again. */
function inTurn(order: readonly number[], classOf: (index: number) => unknown): number[] {
  const queues = new Map<unknown, number[]>();
  for (const index of order) queues.set(classOf(index), [...(queues.get(classOf(index)) ?? []), index]);
  const longest = Math.max(0, ...[...queues.values()].map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => turn).flatMap((turn) =>
    [...queues.values()].flatMap((queue) => queue.slice(turn, turn + 1)),
  );
}
