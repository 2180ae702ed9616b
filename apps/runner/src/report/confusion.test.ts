import { describe, expect, it } from "vitest";
import { confusionHtml } from "./confusion.js";

const tableOf = (names: readonly string[], of: (i: number, j: number) => number) => ({
  name: "confusionMatrix",
  rowNames: names,
  columnNames: names,
  rows: names.map((_, i) => names.map((__, j) => of(i, j))),
});

describe("the confusion matrix", () => {
  it("is a table with headers, deeper where more samples are, with recall and precision", () => {
    const { text } = confusionHtml(
      tableOf(["cat", "<b>", "fox"], (i, j) =>
        i === 2 ? 0 : i === j ? 1000 : i * j === 0 && i + j === 1 ? 90 : 0,
      ),
      "validation",
    );
    expect(text).toContain("2,000 of 2,180 validation samples were given their own label.");
    expect(text).toContain('<th scope="row">&lt;b&gt;</th>');
    expect(text).toMatch(/<td class="hit deep" style="--depth:96%">1,000<\/td>/);
    expect(text).toMatch(/<td class="miss" style="--depth:29%">90<\/td>/);
    // Nobody has the third label, and nobody was given it.
    expect(text).toMatch(/<th scope="row">fox<\/th>(<td class="none">0<\/td>){3}<td class="margin">–<\/td>/);
    expect(text).toContain("<h3>Most frequent confusions</h3>");
  });

  it("has no list of confusions where there are none, or only two labels", () => {
    expect(
      confusionHtml(
        tableOf(["a", "b", "c"], (i, j) => Number(i === j)),
        "validation",
      ).text,
    ).not.toContain("<h3>");
    expect(
      confusionHtml(
        tableOf(["a", "b"], () => 1),
        "validation",
      ).text,
    ).not.toContain("<h3>");
  });

  it("is a map with lists where there are many labels, and stays small", () => {
    const names = Array.from({ length: 100 }, (_, i) => `label ${i}`);
    const full = confusionHtml(
      tableOf(names, () => 3),
      "validation",
    ).text;
    expect(full.match(/<rect class="(hit|miss)"/g)).toHaveLength(10_000);
    expect(full.length).toBeLessThan(2_000_000);
    const { text } = confusionHtml(
      tableOf(names, (i, j) => (i === j ? 9 : i === 5 && j === 6 ? 1 : 0)),
      "validation",
    );
    expect(text.match(/<rect class="(hit|miss)"/g)).toHaveLength(101);
    expect(text).toContain("<title>label 5 taken for label 6: 1 of 10</title>");
    expect(text).toContain('role="img" aria-label="900 of 901 validation samples');
    expect(text).toContain("<h3>Labels found least</h3>");
  });
});
