import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { errorCodes, MillraceError } from "./errors.js";
import { suggest } from "./suggest.js";

describe("MillraceError", () => {
  it("survives the way to another thread: code, message, hint, place, details and cause", () => {
    const error = new MillraceError("FILE_FORMAT", "no good", {
      hint: "Mend it.",
      where: ["sample 1"],
      details: ["line 3"],
      cause: new TypeError("inner"),
    }).at("worker 2");
    const arrived = MillraceError.fromJSON(structuredClone(error.toJSON()));
    expect(arrived.describe()).toBe("no good (sample 1, worker 2)\n  line 3\nMend it.");
    expect(arrived.code).toBe("FILE_FORMAT");
    expect(arrived.cause).toMatchObject({ name: "TypeError", message: "inner" });
  });

  it("keeps its own code and gains a place when it passes a stage; other errors become its cause", () => {
    const own = new MillraceError("FILE_FORMAT", "no good");
    expect(MillraceError.from(own, "SAMPLE_FAILED", "x", { where: ["here"] })).toMatchObject({
      code: "FILE_FORMAT",
      where: ["here"],
    });
    const foreign = new RangeError("far");
    expect(MillraceError.from(foreign, "SAMPLE_FAILED", "reading failed")).toMatchObject({
      message: "reading failed: far",
      cause: foreign,
    });
    expect(MillraceError.from("a string", "SAMPLE_FAILED", "reading failed").message).toBe(
      "reading failed: a string",
    );
  });
});

describe("docs/errors.md", () => {
  it("has one row for each code, in order, and no stale one", async () => {
    const text = await readFile(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);
    expect(rows).toEqual([...errorCodes]);
  });

  it("lists codes in alphabetical order", () => {
    expect([...errorCodes]).toEqual([...errorCodes].sort());
  });
});

describe("suggest", () => {
  it("finds slips of the hand and nothing else", () => {
    expect(suggest("shufle", ["batchSize", "shuffle"])).toBe("shuffle");
    expect(suggest("batchsize", ["batchSize"])).toBe("batchSize");
    expect(suggest("agumentation", ["seed", "split"])).toBeUndefined();
    expect(suggest("sede", ["seed"])).toBe("seed");
    expect(suggest("b", ["a", ""])).toBeUndefined();
  });
});
