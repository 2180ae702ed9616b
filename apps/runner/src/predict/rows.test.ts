import { describe, expect, it } from "vitest";
import type { Answer } from "./asking.js";
import { csvRows, jsonRows } from "./rows.js";

const labels = ["cat", "dog, small", 'the "rest"'];
const answer: Answer = { kind: "labels", shape: [3], values: [0.25, 0.7000000476837158, 0.05] };
const flags: Answer = { kind: "flags", shape: [3], values: [0.9, 0.2, 0.6] };

describe("answers as CSV", () => {
  it("have a header once, a column for each label, and quotes where they are needed", () => {
    const rows = csvRows({ labels });
    const first = rows.of("a,b.png", answer);
    expect(first).toBe(
      'input,label,probability,cat,"dog, small","the ""rest"""\n"a,b.png","dog, small",0.7,0.25,0.7,0.05\n',
    );
    expect(rows.of("c.png", answer)).toBe('c.png,"dog, small",0.7,0.25,0.7,0.05\n');
  });

  it("tell the most probable labels alone, labels that do not exclude each other, and numbers", () => {
    expect(csvRows({ top: 2 }).of("x", answer)).toBe(
      "input,label_1,probability_1,label_2,probability_2\nx,1,0.7,0,0.25\n",
    );
    expect(csvRows({ labels: ["a", "b", "c"] }).of("x", flags)).toBe("input,a,b,c\nx,0.9,0.2,0.6\n");
    const pair: Answer = { kind: "numbers", shape: [2], values: [1.5, -2] };
    expect(csvRows({}).of("x", pair)).toBe("input,value_0,value_1\nx,1.5,-2\n");
  });

  it("cannot hold sequences", () => {
    const sequence: Answer = { kind: "labels", shape: [1, 3], values: [1, 0, 0] };
    expect(() => csvRows({}).of("x", sequence)).toThrow("CSV cannot hold an answer for each place");
  });
});

describe("answers as JSON Lines", () => {
  const parsed = (text: string) => JSON.parse(text) as unknown;

  it("tell the label, its probability and those of the others", () => {
    expect(parsed(jsonRows({ labels: ["a", "b", "c"], top: 2 }).of("x", answer))).toEqual({
      input: "x",
      label: "b",
      probability: 0.7,
      probabilities: { b: 0.7, a: 0.25 },
    });
    expect(parsed(jsonRows({ labels: ["a", "b", "c"] }).of("x", flags))).toMatchObject({
      labels: ["a", "c"],
    });
  });

  it("keep the form of numbers and of sequences", () => {
    const rows = jsonRows({});
    const number: Answer = { kind: "numbers", shape: [1], values: [4] };
    expect(parsed(rows.of("x", number))).toEqual({ input: "x", value: 4 });
    const sequence: Answer = { kind: "labels", shape: [2, 2], values: [0.1, 0.9, 0.8, 0.2] };
    expect(parsed(rows.of("x", sequence))).toEqual({
      input: "x",
      outputs: [
        [0.1, 0.9],
        [0.8, 0.2],
      ],
    });
  });
});
