import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.js";
import { locateFaults } from "./locate.js";
import { parseSpecText } from "./read.js";

const text = parseSpecText(
  '{\n  "model": { "use": "layers",\n    "with": { "layers": [{ "units": 0 }] } }\n}\n',
  "spec.json",
  new URL("file:///spec.json"),
);

describe("faults that say by a path what they are about", () => {
  const units = new MillraceError("MODEL_INVALID", "units must be 1 or more, was 0", {
    path: ["layers", 0, "units"],
    hint: "Give it a unit.",
  });

  it("name file, line and column, seen from the spec's root", () => {
    const located = locateFaults(text, units.within("model", "with")) as MillraceError;
    expect(located.where).toEqual(["spec.json:3:37 model.with.layers[0].units"]);
    expect(located.code).toBe("MODEL_INVALID");
  });

  it("are listed together, those of the data without a line", () => {
    const sample = new MillraceError("TRAINING_TARGET", "a label must be 0 or 1, was 2", {
      where: ["sample 4"],
    });
    const both = MillraceError.several([units.within("model", "with"), sample], "this cannot be trained:");
    const located = locateFaults(text, both) as MillraceError;
    expect(located.code).toBe("SPEC_INVALID");
    expect(located.describe()).toBe(
      "spec.json has 2 faults:\n" +
        "  spec.json:3:37 model.with.layers[0].units: units must be 1 or more, was 0. Give it a unit.\n" +
        "  a label must be 0 or 1, was 2 (sample 4)",
    );
  });

  it("stay as they are where they name no path", () => {
    const other = new Error("far");
    expect(locateFaults(text, other)).toBe(other);
  });
});
