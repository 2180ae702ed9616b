import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord } from "./shell-word.js";

describe("a path in a command that is shown", () => {
  const paths = [
    "runs/first",
    "a b",
    "evil $(touch x) `id` #1",
    "it's",
    'say "no"',
    "größe/日本",
    "~/x",
    "a;b",
    "-x",
  ];

  it.skipIf(process.platform === "win32").each(paths)("is what a shell takes %s for", (path) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(path)}`], { encoding: "utf8" })).toBe(path);
  });

  it("has no quotes where it needs none", () => {
    expect(shellWord("runs/spec-20260101-120000")).toBe("runs/spec-20260101-120000");
  });
});
