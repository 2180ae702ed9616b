/** A training loop by hand: the loader, a model and an optimizer of TensorFlow.js, and no spec. */
import { DataLoader, randomSplit, transformed } from "@millrace/core/dataloader";
import { chooseDevice, loadEngine } from "@millrace/trainer";
import { jitter, spirals } from "./spirals.mjs";

const epochs = process.argv.includes("--quick") ? 2 : 20;
const tf = await loadEngine();
await chooseDevice(tf, "wasm");

const [train, validation] = randomSplit(spirals(3000), [0.8, 0.2], { seed: 7 });
const loader = new DataLoader(transformed(train, jitter(0.05)), {
  batchSize: 32,
  shuffle: true,
  seed: 7,
  numWorkers: 2,
});
const measured = new DataLoader(validation, { batchSize: 200 });

const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 32, activation: "relu", inputShape: [2] }),
    tf.layers.dense({ units: 32, activation: "relu" }),
    tf.layers.dense({ units: 3 }),
  ],
});
const optimizer = tf.train.adam(0.01);
const tensor = ({ data, shape, dtype }) => tf.tensor(data, shape, dtype);
const logits = (x) => model.apply(x);

let right = 0;
for (let epoch = 0; epoch < epochs; epoch++) {
  let [sum, count] = [0, 0];
  for await (const batch of loader) {
    const loss = tf.tidy(() => {
      const [x, labels] = [tensor(batch.data.x), tf.oneHot(tensor(batch.data.label), 3)];
      return optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, logits(x)), true).dataSync()[0];
    });
    sum += loss * batch.indices.length;
    count += batch.indices.length;
    batch.release();
  }
  right = await accuracy();
  process.stdout.write(
    `epoch ${epoch + 1}: loss ${(sum / count).toFixed(4)}, accuracy ${right.toFixed(4)}\n`,
  );
}
await loader.close();
if (right < 0.9) throw new Error(`an accuracy of ${right} is less than 0.9`);

async function accuracy() {
  let hits = 0;
  for await (const batch of measured) {
    hits += tf.tidy(() => {
      const guessed = tf.argMax(logits(tensor(batch.data.x)), 1);
      return tf.sum(tf.equal(guessed, tensor(batch.data.label))).dataSync()[0];
    });
    batch.release();
  }
  return hits / validation.length;
}
