import { expect, it } from "vitest";
import { z } from "zod";
import { describeOptions } from "./describe.js";

it("says the type of every option as a person would", () => {
  const options = z.strictObject({
    kind: z.enum(["a", "b"]).describe("one of two"),
    range: z.tuple([z.number(), z.number()]).default([0, 1]),
    value: z.union([z.number(), z.string(), z.boolean()]).optional(),
    names: z.union([z.string(), z.array(z.string())]),
    values: z.array(z.union([z.string(), z.number()])).optional(),
    anything: z.unknown(),
  });
  const described = describeOptions(options);
  expect(described.map(({ name, type }) => `${name}: ${type}`)).toEqual([
    'kind: "a" or "b"',
    "range: [number, number]",
    "value: number or string or boolean",
    "names: string or list of string",
    "values: list of string or number",
    "anything: anything",
  ]);
  expect(described[0]).toEqual({ name: "kind", type: '"a" or "b"', required: true, about: "one of two" });
  expect(described[1]).toMatchObject({ required: false, default: "[0,1]" });
});

it("says which values of its type an option takes", () => {
  const options = z.strictObject({
    share: z.number().min(0).max(1),
    rate: z.number().positive().lt(1),
    count: z.int().positive(),
    names: z.array(z.string().min(1)).min(1),
    colour: z.string().regex(/^#[0-9a-f]{6}$/),
    mark: z.string().length(1),
    size: z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]),
    anything: z.number(),
  });
  expect(describeOptions(options).map(({ name, bounds }) => `${name}: ${bounds}`)).toEqual([
    "share: 0 to 1",
    "rate: above 0, below 1",
    "count: at least 1",
    "names: at least 1 entry, each not empty",
    "colour: matches ^#[0-9a-f]{6}$",
    "mark: one character",
    "size: at least 1",
    "anything: undefined",
  ]);
});

it("describes the objects that an option may be, and where they stand in it", () => {
  const rate = z.number().default(0.1).describe("step size");
  const options = z.strictObject({
    rule: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("plain").describe("no memory"), rate }),
      z.strictObject({ type: z.literal("heavy").describe("one copy"), rate, decay: z.number() }),
    ]),
    columns: z.record(z.string(), z.union([z.string(), z.strictObject({ from: z.string() })])),
    parts: z.array(z.strictObject({ limit: z.int() })),
    own: z.discriminatedUnion("use", [
      z.strictObject({ use: z.literal("a"), with: z.strictObject({ x: z.int() }), only: z.string() }),
      z.strictObject({ use: z.literal("b"), with: z.strictObject({ y: z.int() }), only: z.string() }),
    ]),
  });
  const described = describeOptions(options);
  const parts = described.flatMap(({ name, parts = [] }) =>
    parts.map(({ at, when, options: inner }) => [`${name}${at}`, when, inner.map((each) => each.name)]),
  );
  expect(parts).toEqual([
    ["rule", 'type: "plain"', ["rate"]],
    ["rule", 'type: "heavy"', ["rate", "decay"]],
    ["columns.NAME", undefined, ["from"]],
    ["parts[]", undefined, ["limit"]],
    ["own", undefined, ["only"]],
  ]);
  expect(described[0]?.parts?.[1]).toMatchObject({
    about: "one copy",
    options: [{ default: "0.1", about: "step size" }, { required: true }],
  });
  expect(described.at(-1)?.type).toBe("plugin");
});
