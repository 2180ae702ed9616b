/** A dataset: `length`, `get(index)`, and how a worker makes it again. */
import { portable } from "@millrace/core/dataloader";

/** Points on three spirals, and which one each is on. */
export function spirals(length) {
  const dataset = {
    length,
    get(index) {
      const label = index % 3;
      const turn = Math.sqrt((index * 0.618034) % 1); // spread evenly, the same every time
      const angle = 4 * turn + (2 * Math.PI * label) / 3;
      return { x: Float32Array.of(turn * Math.cos(angle), turn * Math.sin(angle)), label };
    },
  };
  return portable(dataset, { module: import.meta.url, export: "spirals", args: [length] });
}

/** A transform: random numbers come with the sample, so that they are the same in every thread. */
export function jitter(deviation) {
  const transform = ({ x, label }, { random }) => ({
    x: x.map((value) => value + deviation * (2 * random.uniform() - 1)),
    label,
  });
  return portable(transform, { module: import.meta.url, export: "jitter", args: [deviation] });
}
