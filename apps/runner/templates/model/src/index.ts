/** The model `my-model`: two layers, written as a function of their weights. */
import { defineModel } from "@millrace/core";
import type { CodeModel, Engine } from "@millrace/trainer";
import { z } from "zod";

export default defineModel({
  name: "my-model",
  summary: "two dense layers",
  options: z.strictObject({
    hidden: z.int().positive().default(32).describe("numbers between the two layers"),
  }),
  create: ({ hidden }) => ({
    engine: "tfjs",
    // `engine` has everything that tfjs-core and tfjs-layers export; `input` says what the data looks like.
    build(engine, { shape, labels = [] }, seed): CodeModel {
      const tf = engine as Engine;
      const size = shape.reduce((product, extent) => product * extent, 1);
      const outputs = Math.max(1, labels.length);
      return {
        // What training changes. Whatever is drawn follows from the seed.
        variables: {
          first: tf.randomNormal([size, hidden], 0, Math.sqrt(2 / size), "float32", seed),
          firstBias: tf.zeros([hidden]),
          second: tf.randomNormal([hidden, outputs], 0, Math.sqrt(1 / hidden), "float32", seed + 1),
          secondBias: tf.zeros([outputs]),
        },
        // Logits: the loss takes them as they are.
        forward(batch, { first, firstBias, second, secondBias }) {
          const flat = tf.reshape(tf.cast(batch, "float32"), [-1, size]);
          const inner = tf.relu(tf.add(tf.matMul(flat, first), firstBias));
          return tf.add(tf.matMul(inner, second), secondBias);
        },
      };
    },
  }),
});
