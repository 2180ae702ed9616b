/** JSON whose long whole numbers keep their digits. */
import { describe, expect, it } from "vitest";
import { parseJson } from "./parse.js";

describe("JSON texts with long whole numbers", () => {
  it("keep their digits, outside of texts alone", () => {
    expect(
      parseJson(
        String.raw`{"id":9007199254740993,"a\\":-9007199254740993,"\"9007199254740993":["9007199254740993 \\\" 9007199254740993",9007199254740993.0,1e30,9007199254740992]}`,
      ),
    ).toEqual({
      id: "9007199254740993",
      "a\\": "-9007199254740993",
      '"9007199254740993': ['9007199254740993 \\" 9007199254740993', "9007199254740993.0", 1e30, 2 ** 53],
    });
  });

  it.each(["x", String.raw`\n`, String.raw`\"`])(
    "may have texts of any length beside them, of %s",
    (part) => {
      const text = part.repeat(16_000_000 / part.length);
      const found = parseJson(`{"id":1234567890123456789,"text":"${text}"}`) as { id: string; text: string };
      expect([found.id, found.text.length]).toEqual(["1234567890123456789", 16_000_000 / part.length]);
    },
  );
});
