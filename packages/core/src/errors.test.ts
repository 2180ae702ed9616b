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

  it("keeps the entry that is to blame, and the path, seen from further out", () => {
    const error = new MillraceError("X", "x", { entry: 3, path: ["a"] });
    expect(error.at("worker 2").within("with")).toMatchObject({
      entry: 3,
      path: ["with", "a"],
      where: ["worker 2"],
    });
    expect(MillraceError.from(error, "Y", "y", { where: ["here"] }).entry).toBe(3);
  });

  const sent = (cause: unknown) =>
    MillraceError.fromJSON(
      JSON.parse(JSON.stringify(structuredClone(new MillraceError("X", "x", { cause }).toJSON()))) as never,
    ).cause;

  it("keeps the codes and causes of its causes, and the classes that Node and Millrace give them", () => {
    const disk = new MillraceError("DISK", "worn out", { hint: "Buy one.", where: ["bay 2"] });
    const missing = Object.assign(new Error("no such file", { cause: disk }), {
      code: "ENOENT",
      errno: -2,
      handle: () => undefined,
    });
    const cause = sent(new RangeError("outer", { cause: missing })) as Error;
    expect(cause).toBeInstanceOf(RangeError);
    expect(cause.cause).toMatchObject({ message: "no such file", code: "ENOENT", errno: -2 });
    expect(cause.cause).not.toHaveProperty("handle");
    const inner = (cause.cause as Error).cause;
    expect(inner).toBeInstanceOf(MillraceError);
    expect(inner).toMatchObject({ code: "DISK", hint: "Buy one.", where: ["bay 2"] });
    expect(sent(new AggregateError([new TypeError("one")], "several"))).toMatchObject({
      name: "AggregateError",
      errors: [expect.any(TypeError)],
    });
    expect(sent("a string")).toBe("a string");
  });

  it("is sent whatever was thrown, also what cannot be cloned, read or followed to an end", () => {
    const circle: Error = new Error("round");
    circle.cause = circle;
    const unreadable = Object.defineProperty(new Error("x"), "message", {
      get: () => {
        throw new Error("inner");
      },
    });
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(sent(circle)).toMatchObject({ message: "round", cause: { message: "round" } });
    expect(sent(unreadable)).toMatchObject({ message: "an error whose message cannot be read (inner)" });
    for (const thrown of [
      Object.assign(new Error("x"), { message: { body: () => 1 } }),
      hostile,
      Symbol("s"),
      5n,
      null,
      { a: 1 },
    ]) {
      expect(() => MillraceError.from(thrown, "SAMPLE_FAILED", "reading failed")).not.toThrow();
      expect(() => sent(thrown)).not.toThrow();
    }
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
