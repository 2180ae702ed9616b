import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTransform } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import type { Spec } from "../spec/schema.js";
import type { TransformUse } from "../spec/use.js";
import { inversesOf } from "./inverses.js";

const registry = new Registry();
registry.add(
  defineTransform({
    name: "minus",
    summary: "a number less another, or less what was learned",
    options: z.strictObject({ field: z.string(), by: z.number().optional() }),
    inverse: (field, { field: own, by }, fitted: number | undefined) =>
      field === own
        ? {
            field,
            apply: (values) => Float64Array.from(values, (each) => each + (by ?? fitted ?? Number.NaN)),
          }
        : undefined,
    create: () => (sample) => sample,
  }),
);
registry.add(
  defineTransform({
    name: "halved",
    summary: "a half, under another name",
    options: z.strictObject({ from: z.string(), to: z.string() }),
    inverse: (field, { from, to }) =>
      field === to
        ? { field: from, apply: (values) => Float64Array.from(values, (each) => 2 * each) }
        : undefined,
    create: () => (sample) => sample,
  }),
);
registry.add(
  defineTransform({
    name: "other",
    summary: "leads nothing back",
    options: z.strictObject({}),
    create: () => (sample) => sample,
  }),
);

type Uses = readonly {
  readonly use: string;
  readonly with?: object;
  readonly only?: TransformUse["only"];
}[];
const specOf = (transforms: Uses, sources?: readonly { readonly transforms: Uses }[]) =>
  ({ transforms, sources }) as unknown as Spec;

describe("the way back through transforms", () => {
  it("goes from the last to the first that changed the field, by the name that each gave it", () => {
    const spec = specOf([
      { use: "minus", with: { field: "price", by: 3 } },
      { use: "halved", with: { from: "price", to: "target" } },
      { use: "other", with: {} },
      { use: "minus", with: { field: "target", by: 1 } },
    ]);
    const inverses = inversesOf(spec, registry, {});
    const inverse = inverses("target");
    expect(inverse?.field).toBe("price");
    expect(inverse?.apply([0, 4])).toEqual(Float64Array.of(5, 13));
    expect(inverses("price")?.apply([0])).toEqual(Float64Array.of(3));
    expect(inverses("size")).toBeUndefined();
  });

  it("is that of measured splits, with what transforms have learned", () => {
    const spec = specOf([
      { use: "minus", with: { field: "price" }, only: "train" },
      { use: "minus", with: { field: "price" }, only: ["train", "test"] },
      { use: "minus", with: { field: "price" } },
    ]);
    const inverses = inversesOf(spec, registry, { "transforms[0]": 100, "transforms[2]": 7 });
    expect(inverses("price")?.apply([1])).toEqual(Float64Array.of(8));
  });

  it("leads through the transforms of a single source, not of one among several", () => {
    const own = { transforms: [{ use: "minus", with: { field: "price", by: 3 } }] };
    expect(inversesOf(specOf([], [own]), registry, {})("price")?.apply([1])).toEqual(Float64Array.of(4));
    expect(inversesOf(specOf([], [own, own]), registry, {})("price")).toBeUndefined();
  });
});
