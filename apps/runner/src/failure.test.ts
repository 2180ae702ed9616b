import { MillraceError } from "@millrace/core";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { failureText } from "./failure.js";

const colors = pc.createColors(false);

describe("an error as a person reads it", () => {
  it("has nothing in it that a terminal would obey, whatever a file is called or holds", () => {
    const error = new MillraceError("FILE_FORMAT", "a\u001b]0;title\u0007.csv must be text, was \u009b2J", {
      details: ["\u001b[31mline 1\tone", "\u202etxt.exe"],
      hint: "Look at b\rc.\nThen again.",
      where: ["sample \u001b[2K"],
    });
    const text = failureText(error, colors, false);
    // oxlint-disable-next-line no-control-regex -- control characters are what it is about
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toBe(
      "error: a\ufffd]0;title\ufffd.csv must be text, was \ufffd2J (sample \ufffd[2K)\n  \ufffd[31mline 1\tone\n  \ufffdtxt.exe\nLook at b\ufffdc.\nThen again.\n",
    );
  });
});
