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
