/** Plugins for text.mjs: lines of words in memory, as cases.mjs and torch_loader.py have them, and a line that ends at the loader. */
import { defineModel, defineSource, defineTrainer } from "@millrace/core";
import { z } from "zod";
import { lineAt } from "./cases.mjs";

const none = z.strictObject({});

export default [
  defineSource({
    name: "bench-lines",
    summary: "lines of 5 to 28 words of a vocabulary of 4,000",
    options: z.strictObject({ length: z.int().positive().describe("number of lines") }),
    create({ length }) {
      const lines = Array.from({ length }, (_, i) => lineAt(i));
      return {
        length,
        fields: { text: { type: "text" }, label: { type: "int32" } },
        get: (index) => ({ text: lines[index], label: index % 2 }),
        getMany: (indices) => indices.map((index) => ({ text: lines[index], label: index % 2 })),
        getBatch(indices, _context, allocator) {
          const label = allocator.allocate("int32", [indices.length]);
          for (const [row, index] of indices.entries()) label.data[row] = index % 2;
          return { text: indices.map((index) => lines[index]), label };
        },
      };
    },
  }),
  defineModel({
    name: "none",
    summary: "no model",
    options: none,
    create: () => ({ engine: "none", build() {} }),
  }),
  defineTrainer({ name: "none", summary: "no trainer", options: none, create: () => ({ fit() {} }) }),
];
