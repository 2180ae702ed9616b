/**
 * Runs every example through the command line and holds it against what its README promises.
 * `--quick` runs a few steps of each: enough to see that it works, as CI does.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const quick = process.argv.includes("--quick");

/** `least`, or `most` of an error, holds for a full run; `small` makes a run short; `asks` are files of one content, `says` what it should say of texts. */
const examples = [
  { name: "07-own-source", metric: "accuracy", least: 0.9, small: ["trainer.with.epochs=3"] },
  {
    name: "06-generated-stream",
    metric: "accuracy",
    least: 0.85,
    small: ["source.limit=600", "trainer.with.maxSteps=30"],
  },
  {
    name: "20-idx-images",
    metric: "accuracy",
    least: 0.98,
    needs: "../shared/data/mnist-t10k-images-idx3-ubyte.gz",
    small: ["trainer.with.epochs=1", "split.train=0.08", "split.validation=0.02"],
  },
  {
    name: "19-csv-classification",
    metric: "accuracy",
    // The most frequent quality is right for 0.449 of the wines.
    least: 0.579,
    needs: "../shared/data/winequality-white.csv",
    small: ["trainer.with.epochs=2"],
  },
  {
    name: "23-databases",
    metric: "accuracy",
    least: 0.5,
    needs: "../shared/data/winequality-white.csv",
    make: "examples/23-databases/make.mjs",
    small: ["trainer.with.epochs=2"],
  },
  {
    name: "02-csv-regression",
    metric: "meanAbsoluteError",
    // Always saying the middle one of all days is 376 bicycles off.
    most: 110,
    small: ["trainer.with.epochs=2"],
    asks: ["new.csv", "new.jsonl"],
  },
  {
    name: "21-audio",
    metric: "accuracy",
    least: 0.97,
    make: "examples/21-audio/make-sounds.mjs",
    small: ["trainer.with.epochs=1"],
    asks: ["data/call", "data/call.jsonl"],
  },
  {
    name: "05-parquet",
    metric: "meanAbsoluteError",
    // Always saying the middle fare is 7.5 off.
    most: 0.6,
    make: "examples/05-parquet/make.mjs",
    small: ["trainer.with.epochs=1", "trainer.with.maxSteps=20"],
    asks: ["data/new.parquet", "data/new.jsonl"],
  },
  {
    name: "18-language-model",
    metric: "loss",
    // The character before alone, examples/18-language-model/bigram.mjs: 2.454.
    most: 2.25,
    needs: "../shared/data/names.txt",
    small: ["trainer.with.epochs=1", "split.train=0.08", "split.validation=0.02"],
  },
  ...["spec.json", "stream.json"].map((spec) => ({
    name: "22-tar-shards",
    spec,
    metric: "accuracy",
    least: 0.9,
    make: "examples/22-tar-shards/make.mjs",
    small: ["trainer.with.epochs=1", "trainer.with.maxSteps=12"],
    asks: ["data/new-0.tar", "data/new"],
  })),
  {
    name: "03-text-classification",
    metric: "accuracy",
    // Always saying "ham" is right for 0.866 of the messages.
    least: 0.97,
    others: { f1: 0.9 },
    needs: "../shared/data/sms-spam.tsv",
    make: "examples/03-text-classification/make.mjs",
    small: ["trainer.with.maxSteps=20"],
    says: {
      "You have won a prize, call 09061701461 now to claim": "spam",
      "ok see you at lunch then": "ham",
    },
  },
];

let failed = 0;
for (const example of examples) {
  const { name, spec = "spec.json", metric, least = -Infinity, most = Infinity } = example;
  const { needs, make, small, asks = [], others = {}, says = {} } = example;
  if (needs !== undefined && !existsSync(needs)) {
    process.stdout.write(`example ${name}: skipped, ${needs} is not there\n`);
    continue;
  }
  if (make !== undefined) execFileSync(process.execPath, [make], { stdio: "inherit" });
  const folder = mkdtempSync(join(tmpdir(), `millrace-${name}-`));
  const sets = quick ? small.flatMap((set) => ["--set", set]) : [];
  const args = [
    "apps/runner/dist/bin.js",
    "run",
    `examples/${name}/${spec}`,
    "--out",
    join(folder, "run"),
    "--json",
    ...sets,
  ];
  try {
    const started = performance.now();
    const last = execFileSync(process.execPath, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { metrics, device, epochs } = JSON.parse(last.trim().split("\n").at(-1));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const enough = quick
      ? Number.isFinite(metrics.loss)
      : metrics[metric] >= least &&
        metrics[metric] <= most &&
        Object.entries(others).every(([other, bound]) => metrics[other] >= bound);
    const answers = asks.map((file) => valuesOf(join(folder, "run"), `examples/${name}/${file}`));
    const agreed =
      answers.every((each) => each !== "" && each === answers[0]) &&
      saysRightly(join(folder, "run"), says, quick);
    if (!enough || !agreed) failed++;
    const promise = quick ? "a few steps" : least > -Infinity ? `at least ${least}` : `at most ${most}`;
    process.stdout.write(
      `example ${name}: ${enough && agreed ? "ok" : "FAILED"}${agreed ? "" : `: ${asks.join(" and ")} have other answers`}, ${metric} ${metrics[metric]} (${promise}), ${epochs.length} epochs on ${device}, ${seconds} s\n`,
    );
  } catch (error) {
    failed++;
    process.stdout.write(`example ${name}: FAILED, ${error.message.split("\n")[0]}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exitCode = failed > 0 ? 1 : 0;

/** Whether the run's model says of each text what it should; after a few steps, that it says something. */
function saysRightly(run, says, quick) {
  const texts = Object.keys(says);
  if (texts.length === 0) return true;
  const args = ["apps/runner/dist/bin.js", "predict", run, ...texts.flatMap((text) => ["--text", text])];
  const answers = execFileSync(process.execPath, [...args, "--format", "jsonl"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const labels = answers
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).label);
  return labels.length === texts.length && (quick || texts.every((text, i) => labels[i] === says[text]));
}

/** What the run's model says of the inputs in a file, without their names. */
function valuesOf(run, file) {
  const args = ["apps/runner/dist/bin.js", "predict", run, file];
  const answers = execFileSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = answers.trim().split("\n").slice(1);
  return lines.map((line) => line.slice(line.indexOf(",") + 1)).join("\n");
}
