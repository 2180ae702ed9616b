// A whole model plugin: tensors and a forward pass of one's own, for what layers in JSON do not say.
import { defineModel, numberOrFact, resolveFacts } from "@millrace/core";
import { z } from "zod";

export default defineModel({
  name: "residual",
  summary: "blocks of two matrices whose result is added to what they were given",
  options: z.strictObject({
    width: z.int().min(1).default(32).describe("numbers between the blocks"),
    blocks: z
      .int()
      .min(1)
      .default(2)
      .describe("how many blocks; each costs 2 · width² weights and width biases"),
    outputs: numberOrFact(z.int().min(1)).describe(
      'numbers to predict, or a fact: { "from": "labels.count" }',
    ),
  }),
  create: (options) => ({
    engine: "tfjs",
    /** `tf` is all of tfjs-core and tfjs-layers; `input` says the shape of a sample and the facts of the data. */
    build(tf, input, seed) {
      const { width, blocks, outputs } = resolveFacts(options, input);
      let drawn = 0;
      const matrix = (from, to) =>
        tf.truncatedNormal([from, to], 0, Math.sqrt(2 / from), "float32", seed + drawn++);
      const variables = {
        first: matrix(input.shape[0], width),
        firstBias: tf.zeros([width]),
        last: matrix(width, outputs),
        lastBias: tf.zeros([outputs]),
      };
      for (let i = 0; i < blocks; i++) {
        variables[`in${i}`] = matrix(width, width);
        variables[`bias${i}`] = tf.zeros([width]);
        variables[`out${i}`] = tf.zeros([width, width]); // a block begins as nothing, and is learned
      }
      return {
        variables,
        forward(batch, weights) {
          const dense = (x, matrix, bias) => tf.add(tf.matMul(x, weights[matrix]), weights[bias]);
          let hidden = dense(batch, "first", "firstBias");
          for (let i = 0; i < blocks; i++) {
            const inner = tf.relu(dense(tf.relu(hidden), `in${i}`, `bias${i}`));
            hidden = tf.add(hidden, tf.matMul(inner, weights[`out${i}`]));
          }
          return dense(tf.relu(hidden), "last", "lastBias"); // logits
        },
      };
    },
  }),
});
