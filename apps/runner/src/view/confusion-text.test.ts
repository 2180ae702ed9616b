import pc from "picocolors";
import { expect, it } from "vitest";
import { confusionText } from "./confusion-text.js";

const colors = pc.createColors(false);
const table = (names: readonly string[], of: (i: number, j: number) => number) => ({
  name: "confusionMatrix",
  rowNames: names,
  columnNames: names,
  rows: names.map((_, i) => names.map((__, j) => of(i, j))),
});

it("shows the whole matrix with recall and precision where it fits", () => {
  const small = table(["cat", "a very long name"], (i, j) => (i === j ? 1200 : 400 * i));
  expect(confusionText(small, 80, colors)).toEqual([
    "  rows are the true labels, columns the predicted",
    "  true            cat  a very long…  recall",
    "  cat           1,200             ·    100%",
    "  a very long…    400         1,200     75%",
    "  precision       75%          100%",
  ]);
});

it("tells the most frequent confusions and the weakest labels of many", () => {
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
  const lines = confusionText(
    table(names, (i, j) => (i === j ? 10 : i === 7 && j === 3 ? 30 : j === i + 1 ? 1 : 0)),
    80,
    colors,
  );
  expect(lines[0]).toBe("  the most frequent confusions of 40 labels");
  expect(lines[1]).toBe("  30 of n7 taken for n3 (73%)");
  expect(lines).toHaveLength(13);
  expect(lines.at(-2)).toBe("  and 30 more");
  expect(lines.at(-1)).toContain("lowest recall: n7 24%");
});

it("says so where nothing was confused, and where a label has no samples", () => {
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
  expect(
    confusionText(
      table(names, (i, j) => Number(i === j)),
      80,
      colors,
    ),
  ).toContain("  none");
  const absent = confusionText(
    table(["a", "b"], (i, j) => (i + j === 0 ? 3 : 0)),
    80,
    colors,
  );
  expect(absent.at(-2)).toMatch(/b +· +· +–$/);
});
