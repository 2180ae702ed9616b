import { describe, expect, it } from "vitest";
import { nameSchema } from "./write.js";

const at = ".millrace/spec.schema.json";

describe("the schema of a spec", () => {
  it.each([
    ['{\n  // about\n  "seed": 7, // x\n}\n', `{\n  "$schema": "${at}",\n  // about\n  "seed": 7, // x\n}\n`],
    [
      '/* top */\n{ // c\r\n\t"seed": 1\r\n}',
      `/* top */\n{ // c\r\n\t"$schema": "${at}",\r\n\t"seed": 1\r\n}`,
    ],
    ['{ "seed": 7 }', `{ "$schema": "${at}", "seed": 7 }`],
    ["{}", `{ "$schema": "${at}" }`],
    ['\uFEFF{ "$schema": "old", "seed": 7 }', `\uFEFF{ "$schema": "${at}", "seed": 7 }`],
  ])("is named first, and all else stays as it is: %j", (text, expected) => {
    expect(nameSchema(text, "spec.json", at)).toBe(expected);
    expect(nameSchema(expected, "spec.json", at)).toBe(expected);
  });

  it("is named by a comment in YAML, once", () => {
    const named = nameSchema("# a run\nseed: 7 # why\n", "spec.yml", at);
    expect(named).toBe(`# yaml-language-server: $schema=${at}\n# a run\nseed: 7 # why\n`);
    expect(nameSchema(named, "spec.yml", "other.json")).toBe(named.replace(at, "other.json"));
  });
});
