/** Makes readings.csv: three kinds of machine by four readings, of which one in twenty is a wild slip of the sensor. */
import { mkdirSync, writeFileSync } from "node:fs";
import { normalNumbers, randomNumbers } from "../random.mjs";

const draw = randomNumbers(13);
const normal = normalNumbers(draw);
const means = { drill: [2, 5, 1, 3], lathe: [3, 4, 2, 3], press: [2, 4, 2, 5] };
const kinds = Object.keys(means);
const lines = Array.from({ length: 2400 }, (_, i) => {
  const kind = kinds[i % 3];
  const readings = means[kind].map((mean) => (draw() < 0.05 ? 4000 * normal() : mean + 0.6 * normal()));
  return `${readings.map((value) => value.toFixed(3)).join(",")},${kind}`;
});
const folder = new URL("data/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("readings.csv", folder), `a,b,c,d,kind\n${lines.join("\n")}\n`);
