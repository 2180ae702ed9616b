/** What `create` of a plugin may return, and what is said of all else. */
import { describe, expect, it } from "vitest";
import type { MillraceError } from "../errors.js";
import { checkMade } from "./made.js";
import type { PluginKind } from "./plugin.js";

function toldOf(kind: PluginKind, value: unknown): unknown {
  try {
    return checkMade(kind, "mine", value);
  } catch (error) {
    const { code, message } = error as MillraceError;
    return `${code} ${message.replace(/^.* must return .*, /, "")}`;
  }
}

const get = () => ({});

describe("checkMade", () => {
  it("lets through what each kind is", () => {
    const stream = { async *[Symbol.asyncIterator]() {} };
    class Table {
      get length() {
        return 3;
      }
      get() {
        return {};
      }
    }
    const good: [PluginKind, unknown][] = [
      ["source", { length: 0, get, fields: { label: { type: "int32" }, text: { type: "text" } } }],
      ["source", new Table()],
      ["source", stream],
      ["source", { iterate: () => ({ next: get }), length: Infinity }],
      ["transform", get],
      ["transform", { apply: get }],
      ["sampler", [2, 1, 0]],
      ["batchSampler", { length: 1, indices: () => [[0]] }],
      ["collate", get],
      ["model", { engine: "tfjs", build: get }],
      ["trainer", { fit: get }],
    ];
    for (const [kind, value] of good) expect(toldOf(kind, value)).toBe(value);
  });

  it.each([
    ["source", undefined, "was undefined"],
    ["source", 3, "was a number"],
    ["source", { get }, "has no `length`"],
    ["source", { length: Number.NaN, get }, "has the `length` NaN"],
    ["source", { length: -1, get }, "has the `length` -1"],
    ["source", { length: () => 3, get }, "has the `length` a function"],
    ["source", { length: 3 }, "has no function `get`"],
    ["transform", 42, "was a number"],
    ["transform", { applyMany: get }, "has no function `apply`"],
    ["sampler", null, "was null"],
    ["batchSampler", undefined, "was undefined"],
    ["collate", undefined, "was undefined"],
    ["collate", { collate: get }, "was an object"],
    ["model", { engine: "tfjs" }, "has no function `build`"],
    ["trainer", {}, "has no function `fit`"],
  ] as const)("refuses a %s that is %o", (kind, value, why) => {
    expect(toldOf(kind, value)).toBe(`PLUGIN_INVALID ${why}`);
  });

  it("names the plugin and what it must return, and guesses at a `return` that is missing", () => {
    expect(() => checkMade("collate", "resample", undefined)).toThrow(
      expect.objectContaining({
        message: 'create of the collate "resample" must return a function of samples, was undefined',
        hint: expect.stringMatching(/^Does it lack a `return`/) as string,
      }),
    );
  });

  it("refuses types of fields that nobody knows", () => {
    const fields = { label: { type: "int" } };
    expect(() => checkMade("source", "mine", { length: 1, get, fields })).toThrow(
      'the field "label" of the source "mine" must have a type that is known, was "int" (did you mean "int8"?)',
    );
    expect(() => checkMade("source", "mine", { length: 1, get, fields: { label: "int32" } })).toThrow(
      "must have a type that is known, was undefined",
    );
  });
});
