// The loss of a bigram on the run's own validation split: how often each character follows each other one in the training names.
// usage: node examples/18-language-model/bigram.mjs
import { LoggerService } from "@millrace/core";
import { checkSpec, openLine, readSpec, Registry } from "@millrace/core/spec";
import { fileURLToPath } from "node:url";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const registry = new Registry();
registry.provide(LoggerService, silent);
const text = await readSpec(fileURLToPath(new URL("spec.json", import.meta.url)));
const defaults = [
  "@millrace/core/builtin",
  "@millrace/source-fs",
  "@millrace/collate-text",
  "@millrace/trainer",
];
const { spec, modules } = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
const line = await openLine(spec, { registry, modules, url: text.url });

/** Calls `use` with each token of a split and the one that follows it. */
async function eachPair(loader, use) {
  for await (const { data, release } of loader.batches(0)) {
    const { tokens, label } = data;
    label.data.forEach((next, i) => {
      if (next !== -100) use(tokens.data[i], next);
    });
    release();
  }
}

const { size } = line.facts.vocabulary;
// Begun at 1, so that no pair is impossible.
const counts = Array.from({ length: size }, () => new Float64Array(size).fill(1));
await eachPair(line.loaders.train, (token, next) => counts[token][next]++);
const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));

let [loss, pairs] = [0, 0];
await eachPair(line.loaders.validation, (token, next) => {
  loss -= Math.log(counts[token][next] / totals[token]);
  pairs++;
});
await line.close();
process.stdout.write(
  `bigram: loss ${(loss / pairs).toFixed(4)} on ${pairs} characters of the validation names\n`,
);
