import { gzipSync } from "node:zlib";
import type { Dataset } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import type { TextLinesSample } from "./text-lines.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function open(options: object, text?: string | Uint8Array): Promise<Dataset<TextLinesSample>> {
  if (text !== undefined) await folder.write("t.txt", text);
  return openSource<TextLinesSample>("text-lines", { path: "t.txt", ...options }, folder.baseUrl);
}

async function textsOf(dataset: Dataset<TextLinesSample>): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < dataset.length; index++) texts.push((await dataset.get(index, epoch)).text);
  return texts;
}

const keysOf = (dataset: Dataset<TextLinesSample>): (string | undefined)[] =>
  Array.from({ length: dataset.length }, (_, index) => dataset.key?.(index));

describe("lines of text", () => {
  it("are samples without their ends, blank ones too unless they are to be skipped", async () => {
    const text = "\ufeffone\r\ntwo\n\n \t\r\nthr\ree\u2028é";
    expect(await textsOf(await open({}, text))).toEqual(["one", "two", "", " \t", "thr\ree\u2028é"]);
    const skipping = await open({ skipBlank: true }, text);
    expect(await textsOf(skipping)).toEqual(["one", "two", "thr\ree\u2028é"]);
    expect(keysOf(skipping)).toEqual(["t.txt:1", "t.txt:2", "t.txt:5"]);
    expect(await skipping.column?.("text")).toEqual(["one", "two", "thr\ree\u2028é"]);
  });

  it.each([
    [{ window: 2 }, ["a b", "c d", "e"]],
    [{ window: 3, stride: 2 }, ["a b c", "c d e"]],
    [{ window: 2, stride: 2 }, ["a b", "c d", "e"]],
    [{ window: 4, stride: 3 }, ["a b c d", "d e"]],
    [{ window: 2, stride: 4 }, ["a b", "e"]],
    [{ window: 1, stride: 3 }, ["a", "d"]],
    [{ window: 9, stride: 1 }, ["a b c d e"]],
  ])("make windows: %o", async (options, expected) => {
    const texts = await textsOf(await open(options, "a\nb\nc\nd\ne\n"));
    expect(texts.map((text) => text.replaceAll("\n", " "))).toEqual(expected);
  });

  it("make windows that never leave their file, and that have no blank lines where these are skipped", async () => {
    await folder.write("docs/2.txt", "d\n\n\ne\nf\n\n");
    await folder.write("docs/1.txt", "a\n\nb\r\nc");
    await folder.write("docs/3.txt", "\n");
    await folder.write("docs/4.txt", gzipSync("g\nh\ni\n"));
    const dataset = await open({ path: "docs/*.txt", window: 2, skipBlank: true });
    expect(await textsOf(dataset)).toEqual(["a\nb", "c", "d\ne", "f", "g\nh", "i"]);
    expect(keysOf(dataset)).toEqual(
      ["1:1", "1:4", "2:1", "2:5", "4:1", "4:3"].map((key) => `docs/${key.replace(":", ".txt:")}`),
    );
  });

  it("are as long as they are: many blank ones between two of a window are no matter", async () => {
    const dataset = await open(
      { window: 2, skipBlank: true, maxLineBytes: 10 },
      `a\n${"\n".repeat(5000)}b\n`,
    );
    expect(await textsOf(dataset)).toEqual(["a\nb"]);
  });

  it("are refused where there are none, or where one is no UTF-8, by line and column", async () => {
    expect((await failureOf(() => open({}, ""))).message).toBe("there must be a line, but t.txt holds none");
    expect((await failureOf(() => open({ skipBlank: true }, " \n"))).hint).toContain("skipBlank");
    const bytes = Buffer.concat([Buffer.from("a\nb\né"), Buffer.from([0xc3, 0x28, 10]), Buffer.from("c")]);
    const dataset = await open({ window: 3 }, bytes);
    const { code, where } = await failureOf(() => dataset.get(0, epoch));
    expect([code, where[0]]).toEqual(["FILE_FORMAT", "t.txt:3:2"]);
    expect((await dataset.get(1, epoch)).text).toBe("c");
  });
});
