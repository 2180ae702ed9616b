/** The README's promise about the quickstart, held against its latest run: validation accuracy of at least 0.97. */
import { readdirSync, readFileSync } from "node:fs";

const least = 0.97;
const runs = "examples/01-quickstart/runs";
const latest = readdirSync(runs).sort().at(-1);
const lines = readFileSync(`${runs}/${latest}/metrics.jsonl`, "utf8").trim().split("\n");
const epochs = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "epoch");
const accuracy = epochs.at(-1)?.validation?.accuracy;
process.stdout.write(
  `quickstart: validation accuracy ${accuracy} after ${epochs.length} epochs (at least ${least})\n`,
);
process.exitCode = accuracy >= least ? 0 : 1;
