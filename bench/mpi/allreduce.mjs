/** One rank: how long a sum takes, by its size. */
import { writeFileSync } from "node:fs";
import { median, openGroup } from "./rank.mjs";

const [file, longest = String(64 * 2 ** 20)] = process.argv.slice(2);
const group = await openGroup();
const rows = [];
for (let bytes = 4; bytes <= Number(longest); bytes *= 16) {
  const values = new Float32Array(bytes / 4);
  const repetitions = Math.max(15, Math.min(300, Math.round((64 * 2 ** 20) / bytes)));
  const times = [];
  for (let i = 0; i < repetitions; i++) {
    const begun = performance.now();
    await group.sum(values);
    times.push(performance.now() - begun);
  }
  rows.push({ bytes, milliseconds: median(times.slice(3)), least: Math.min(...times) });
}
if (group.rank === 0) writeFileSync(file, JSON.stringify({ description: group.description, rows }));
await group.close();
process.exit(0);
