/** A suite that cannot fail proves nothing: plugins that break the laws are found out. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = fileURLToPath(new URL("./fixtures/broken/run.mjs", import.meta.url));

it("finds out a source, a transform, a collate function, a model and a trainer that break the laws", {
  timeout: 60_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [run]);
  const failed = JSON.parse(stdout.trim().split("\n").at(-1) ?? "[]") as string[];
  for (const law of [
    "source forgetful > refuses an index out of range",
    "source forgetful > has one element type for each number that is in no array, and all of its values fit",
    "source forgetful > has samples, and batches of them, that hold what it declares",
    "source forgetful > names the classes of other fields by index in facts.categories, and follows those that are known",
    "source forgetful > has its classes in order",
    "source forgetful > follows the classes that are known already, and refuses one that is not among them",
    "source forgetful > also when what is stored has changed meanwhile, or names what is gone",
    "source leaky > opens a stream, of as many samples as it says",
    "source leaky > gives each sample once over all shards, whatever their number",
    "source leaky > gives the same pass for the same epoch, in another opening and while another pass is read",
    "source leaky > has a distinct key for each sample, the same in every shard, if it has keys",
    "source leaky > goes on where it was left, at any sample and twice, if it has a state",
    "source leaky > stays at its end, and ends when it is left",
    "source leaky > has one element type for each number that is in no array, and all of its values fit",
    "source leaky > has the same fingerprint and description in another instance, if it has them",
    "collate dealt > keeps the samples in their order, and gives each the random numbers of its own address",
    "collate blank > gives a batch: arrays and lists, under the names of fields if samples have such",
    "collate blank > refuses a batch of no samples",
    "collate dealt > makes the same batch of columns, if it takes them",
    "collate dealt > gives the same batch for the same samples at the same addresses, and leaves them as they were",
    "collate dealt > says in its definition whether it is random: it is not",
    "transform hasty > gives many samples at once, or their columns, what it gives each of them, if it takes such",
    "transform hasty > learns the same from samples, from columns, and by way of another fitter",
    "transform hasty > learns nothing from a fitter that has seen nothing",
    "transform hasty > learns the same however neighbours are merged, but for the rounding of sums",
    "transform thrifty > gives a sample: fields of numbers, arrays, texts, lists and plain objects",
    "transform thrifty > leaves what it gave as it was when it is given the next sample",
    "transform thrifty > is the same at every address",
    "transform vague > has a state that files hold to the bit",
    "transform hasty > writes no other fields than it says",
    "transform hasty > adds facts that are plain JSON, and leaves those it was given as they were",
    "model whim > names the engine that can build it",
    "model whim > gives outputs of the shape that is expected of its options",
    "model whim > has the same weights for the same seed, finite ones",
    "trainer idle > says what it does, learns, and leaves a model where it says",
    "trainer idle > gives the same numbers for the same seed",
    "trainer idle > stops when it is told to, with a model, and goes on from there to the end of a run that was never stopped",
    "trainer idle > measures what it has fitted as it did itself, if it can evaluate",
    "trainer idle > answers for every sample of a batch, the same whatever stands beside it, if it can predict",
  ]) {
    expect(failed).toContain(law);
  }
});
