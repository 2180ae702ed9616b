/** Plugins for transforms.mjs: a table in memory that gives columns, with gaps, and a line that ends at the loader. */
import { defineModel, defineSource, defineTrainer, ndarray, TensorDataset } from "@millrace/core";
import { z } from "zod";

const none = z.strictObject({});

/** Ten columns of different sizes, a twentieth of them missing; the same in every process. */
export function rowsOf(count, width) {
  const data = new Float32Array(count * width);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state % 20 === 0 ? Number.NaN : (state / 2 ** 32) * (1 + (i % width)) - (i % width);
  }
  return ndarray(data, [count, width]);
}

const table = defineSource({
  name: "bench-table",
  summary: "rows of float32 with gaps, and a label",
  options: z.strictObject({
    rows: z.int().positive().describe("number of rows"),
    width: z.int().positive().describe("numbers per row"),
  }),
  create({ rows, width }, { shared }) {
    const features = shared ?? inShared(rowsOf(rows, width));
    const tensors = new TensorDataset(features, new Int32Array(rows));
    const named = ([features, label]) => ({ features, label });
    return {
      length: rows,
      fields: { features: { type: "float32", shape: [width] }, label: { type: "int32" } },
      get: (index) => named(tensors.get(index)),
      getBatch: (indices, context, allocator) => named(tensors.getBatch(indices, context, allocator)),
      share: () => features,
    };
  },
});

/** Threads read one copy. */
function inShared(array) {
  const data = new Float32Array(new SharedArrayBuffer(array.data.byteLength));
  data.set(array.data);
  return { ...array, data };
}

const model = defineModel({
  name: "none",
  summary: "no model",
  options: none,
  create: () => ({ engine: "none", build() {} }),
});
const trainer = defineTrainer({
  name: "none",
  summary: "no trainer",
  options: none,
  create: () => ({ fit() {} }),
});

export default [table, model, trainer];
