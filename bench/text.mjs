/**
 * Text from strings to padded batches beside PyTorch, and byte-level BPE beside Hugging Face's libraries, in one run:
 * `node bench/text.mjs`, or a part of it: `words`, `padding` or `bpe`. Python is looked for as
 * bench.mjs does; `bpe` wants `tokenizers` there too.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "@huggingface/tokenizers";
import { formsOf, heapAllocator, LoggerService } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import textPlugins from "@millrace/collate-text";
import { figure } from "./chart.mjs";
import { findTorch, median, timeTheirs } from "./measure.mjs";

const length = 20_000;
const words = { use: "words", with: { split: "whitespace", lowercase: true } };
const cache = { use: "cache", with: { in: "memory" } };
const quiet = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));

function lineOf(transforms, numWorkers) {
  const workers = numWorkers > 0 ? { numWorkers, persistentWorkers: true } : {};
  return openSpec({
    source: { use: "bench-lines", with: { length } },
    transforms,
    loader: {
      batchSize: 64,
      shuffle: true,
      collate: {
        use: "pad-sequence",
        with: { paddingValue: { from: "vocabulary.padding" }, lengthSuffix: null },
      },
      ...workers,
    },
  });
}

async function openSpec(parts) {
  const registry = new Registry();
  registry.provide(LoggerService, quiet);
  const text = parseSpecText(
    JSON.stringify({
      plugins: ["./lines.mjs", "@millrace/collate-text", "@millrace/source-fs"],
      split: { train: 1 },
      ...parts,
      model: { use: "none" },
      trainer: { use: "none" },
    }),
    "text",
    new URL("./spec.json", import.meta.url),
  );
  const defaults = ["@millrace/core/builtin"];
  const checked = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
  return openLine(checked.spec, { registry, modules: checked.modules, url: text.url });
}

/** Rows per second: the median of the epochs after the first three, and by how many bytes memory grew in the last half. */
async function rateOf(transforms, numWorkers, count = 25) {
  const line = await lineOf(transforms, numWorkers);
  const rates = [];
  const memory = [];
  for (let epoch = 0; epoch < count; epoch++) {
    const started = performance.now();
    let seen = 0;
    for await (const { indices, release } of line.loaders.train.batches(epoch)) {
      seen += indices.length;
      release();
    }
    rates.push((seen / (performance.now() - started)) * 1000);
    memory.push(process.memoryUsage().rss);
  }
  await line.close();
  const half = memory.slice(count >> 1);
  return { rate: median(rates.slice(3)), grown: half.at(-1) - half[0] };
}

export async function wordCases(say, python = findTorch()) {
  const answer = [];
  const cases = [
    { name: "words, vocabulary and padding", transforms: [words], numWorkers: 0 },
    { name: "the same from a cache of tokens", transforms: [words, cache], numWorkers: 0 },
    { name: "words, vocabulary and padding", transforms: [words], numWorkers: 2 },
  ];
  for (const { name, transforms, numWorkers } of cases) {
    // Before and after PyTorch, so that a machine that is busy for a while is so for both.
    const before = await rateOf(transforms, numWorkers);
    const theirs = python && timeTheirs(python, "text", numWorkers).rowsPerSecond;
    const after = await rateOf(transforms, numWorkers);
    const ours = (before.rate + after.rate) / 2;
    const beside = theirs === undefined ? "" : `, ${figure(ours / theirs)}× PyTorch`;
    const grown = (Math.max(before.grown, after.grown) / 2 ** 20).toFixed(1);
    say(
      `${name}, ${numWorkers} workers: ${Math.round(ours / 1000)} k lines/s${beside}; memory grew by ${grown} MB`,
    );
    answer.push({ name, numWorkers, ours, theirs });
  }
  return answer;
}

const messages = "../../shared/data/sms-spam.tsv";

/** The share of cells that are padding in an epoch of SMS messages, by how they are put into batches. */
export async function paddingCases(say) {
  if (!existsSync(new URL(messages, import.meta.url))) {
    say("padding: not measured, there is no ../shared/data/sms-spam.tsv beside the repository");
    return [];
  }
  const field = "tokens";
  const cases = [
    { name: "at random", order: { batchSize: 64, shuffle: true } },
    { name: "in buckets", most: 0.35, use: "bucket-batch", with: { batchSize: 64, bucketSize: 320, field } },
    { name: "by tokens", most: 0.05, use: "token-budget-batch", with: { maxTokens: 2048, field } },
  ];
  const answer = [];
  for (const { name, most, order, ...batchSampler } of cases) {
    const line = await openSpec({
      source: {
        use: "csv",
        with: { path: messages, header: false, quote: null, columns: { text: { type: "text", from: "1" } } },
      },
      transforms: [{ use: "words", with: { lowercase: true } }],
      loader: {
        ...(order ?? { batchSampler }),
        collate: { use: "pad-sequence", with: { attentionMask: true } },
      },
    });
    let [cells, tokens] = [0, 0];
    for await (const { data, release } of line.loaders.train.batches(0)) {
      cells += data.attentionMask.data.length;
      tokens += data.attentionMask.data.reduce((sum, one) => sum + one, 0);
      release();
    }
    await line.close();
    const share = 1 - tokens / cells;
    const isMissed = share > (most ?? 1);
    const bound = most === undefined ? "" : ` (at most ${most * 100} %${isMissed ? ": MISSED" : ""})`;
    say(`SMS messages in batches ${name}: ${(share * 100).toFixed(1)} % padding${bound}`);
    if (isMissed) process.exitCode = 1;
    answer.push({ name, share });
  }
  return answer;
}

/** Text of about `bytes` bytes whose words are as unevenly frequent as those of a language. */
function textOf(bytes) {
  let state = 7;
  const below = (count) => (state = (state * 48271) % 2147483647) % count;
  const onsets = "b c d f g h j k l m n p r s t v w z ch st tr br ph th sh qu".split(" ");
  const vowels = "a e i o u ai ea oo ou é ü".split(" ");
  const syllable = () => onsets[below(onsets.length)] + vowels[below(vowels.length)];
  const all = Array.from({ length: 60_000 }, () => Array.from({ length: 1 + below(4) }, syllable).join(""));
  const lines = [];
  for (let size = 0; size < bytes; ) {
    const line = Array.from({ length: 8 + below(16) }, () => {
      const word = all[Math.floor(all.length ** (below(1e6) / 1e6)) - 1] ?? all[0];
      return below(12) === 0
        ? `${word}${below(2) === 0 ? "," : "."}`
        : below(40) === 0
          ? String(below(10_000))
          : word;
    }).join(" ");
    size += Buffer.byteLength(line) + 1;
    lines.push(line);
  }
  return lines;
}

export async function bpeCases(say, python = findTorch()) {
  const lines = textOf(20e6);
  const some = lines.slice(0, Math.floor(lines.length / 4));
  const bytes = Buffer.byteLength(some.join("\n"));
  const plugin = textPlugins.find(({ name }) => name === "bpe");
  const options = plugin.options.parse({ vocabularySize: 8256, special: { padding: null } });
  const fit = () => {
    const started = performance.now();
    const fitter = plugin.fit(options, {});
    for (const text of lines) fitter.add({ text });
    const state = fitter.state();
    return { seconds: (performance.now() - started) / 1000, state };
  };
  const before = fit();
  const native = python && besidePython(python, lines);
  const after = fit();
  const seconds = (before.seconds + after.seconds) / 2;
  const besideNative =
    native === undefined ? "" : `, ${figure(seconds / native.trainSeconds)}× the native library's time`;
  say(`bpe learns 8,000 merges of 20 MB in ${seconds.toFixed(1)} s${besideNative}`);

  const forms = formsOf(await plugin.create(options, { fitted: after.state, facts: {}, fields: {} }));
  const ours = () => {
    let ids = 0;
    for (let at = 0; at < some.length; at += 64) {
      const samples = some.slice(at, at + 64).map((text) => ({ text }));
      for (const { tokens } of forms.applyMany(samples, { allocator: heapAllocator })) ids += tokens.length;
    }
    return ids;
  };
  const library = new Tokenizer(JSON.parse(after.state.files["tokenizer.json"]), {});
  const theirs = () => some.reduce((ids, text) => ids + library.encode(text).ids.length, 0);
  const [own, other] = [megabytes(ours, bytes), megabytes(theirs, bytes)];
  const besideRust =
    native === undefined ? "" : `; Rust in threads ${figure(bytes / 1e6 / native.encodeSeconds)} MB/s`;
  if (own.ids !== other.ids || (native !== undefined && native.ids !== own.ids))
    throw new Error(`ids differ: ${own.ids}, ${other.ids}, ${native?.ids}`);
  say(
    `byte-level BPE: ${figure(own.rate)} MB/s, ${figure(own.rate / other.rate)}× @huggingface/tokenizers${besideRust}`,
  );
  return { seconds, native, own: own.rate, other: other.rate };
}

/** The better of two passes, after one that warms up. */
function megabytes(encode, bytes) {
  let rate = 0;
  let ids = 0;
  for (let pass = 0; pass < 3; pass++) {
    const started = performance.now();
    ids = encode();
    if (pass > 0) rate = Math.max(rate, bytes / (performance.now() - started) / 1000);
  }
  return { rate, ids };
}

function besidePython({ command }, lines) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const file = join(folder, "text.txt");
  try {
    writeFileSync(file, lines.join("\n"));
    const script = fileURLToPath(new URL("./train_bpe.py", import.meta.url));
    return JSON.parse(
      execFileSync(command, [script, file, "8256"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    );
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (text) => process.stdout.write(`${text}\n`);
  const wanted = process.argv.slice(2);
  if (wanted.length === 0 || wanted.includes("words")) await wordCases(say);
  if (wanted.length === 0 || wanted.includes("padding")) await paddingCases(say);
  if (wanted.length === 0 || wanted.includes("bpe")) await bpeCases(say);
}
