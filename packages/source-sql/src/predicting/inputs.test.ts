import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOptions } from "@millrace/core";
import { tableInputs } from "./inputs.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-inputs-"));
});
afterAll(() => rm(folder, { recursive: true }));

const facts = { features: ["acid", "ph"], fields: { grade: { type: "int32" as const } } };
const images = imageOptions.parse({});
const columns = { when: "date", note: "text?", pair: { type: "float32[2]", from: ["ph", "acid"] } };

async function readAll(inputs: ReturnType<typeof tableInputs>, text: string | Uint8Array) {
  const path = join(folder, "new.csv");
  await writeFile(path, text);
  const found: unknown[] = [];
  for await (const each of inputs.read(path)) {
    found.push("error" in each ? each.error.message : each.sample);
  }
  return found;
}

describe("inputs for a model that a database has trained", () => {
  it("are rows of a CSV file by the names of columns, quoted or not, in any order", async () => {
    const inputs = tableInputs({ columns: ["grade"], images }, facts);
    const rows = await readAll(
      inputs,
      'grade;ph;"acid";other\r\n1;3.5;0.25;x\r\n2;"4";1;"a;""b"\n\n3;none;1;x\n4;1\n',
    );
    expect(rows).toEqual([
      { features: Float32Array.of(0.25, 3.5), grade: 1 },
      { features: Float32Array.of(1, 4), grade: 2 },
      expect.stringMatching(/"features" must be a finite float32 number, was "none"/),
      "a row must have 4 values, as the first line has, had 2",
    ]);
    await expect(readAll(inputs, "ph,acid,grade,ph,,\n1,2,3,4,,\n")).rejects.toThrow(
      'a column that the model reads must be in the file once, but "ph" stands there twice',
    );
    await expect(readAll(inputs, "ph,grade\n1,2\n")).rejects.toThrow(/lacks "acid"/);
    await expect(readAll(inputs, 'ph,acid,grade\n1,"2')).rejects.toThrow(/a quoted value must be closed/);
  });

  it("are refused where a quote means something else, with the line and what may be given instead", async () => {
    const inputs = tableInputs({ columns: ["grade"], images }, facts);
    const refused = readAll(inputs, 'ph,acid,grade\n1,2,3\n1,"2"" pipe" iron,3\n4,5,6\n');
    await expect(refused).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: 'a quoted value must end at its closing quote, was followed by " iron,3"',
      where: [expect.stringMatching(/new\.csv:3$/)],
      hint: expect.stringContaining("JSON Lines") as string,
    });
    await expect(readAll(inputs, 'ph,acid,grade\n1,2,3\n1,2,"3\n')).rejects.toMatchObject({
      message: "a quoted value must be closed, but the file ends inside one",
      where: [expect.stringMatching(/new\.csv:3$/)],
    });
    // Within a value that is not quoted it is text.
    expect(await readAll(inputs, 'ph,acid,grade\n4"5,1,2\n')).toEqual([expect.stringContaining('"4\\"5"')]);
  });

  it("are read in UTF-8, or in the UTF-16 that a byte order mark states, and in nothing else", async () => {
    const inputs = tableInputs({ columns: { note: "text" }, images }, { fields: { note: { type: "text" } } });
    const text = "note,other\nsüß,1\n";
    const rows = [{ note: "süß" }];
    expect(await readAll(inputs, text)).toEqual(rows);
    expect(await readAll(inputs, Buffer.from(`\ufeff${text}`, "utf16le"))).toEqual(rows);
    await expect(readAll(inputs, Buffer.from(text, "latin1"))).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: "a CSV file must be text in utf-8, is not",
    });
    await expect(readAll(inputs, Buffer.from(text, "utf16le"))).rejects.toMatchObject({
      code: "FILE_FORMAT",
    });
  });

  it("are named values, with fields as they are typed", () => {
    const inputs = tableInputs({ columns, images }, facts);
    expect(inputs.fromValues?.({ acid: 1, ph: "2", when: "2020-01-01", note: null }, ".")).toEqual({
      features: Float32Array.of(1, 2),
      when: Date.UTC(2020, 0, 1) / 1000,
      note: null,
      pair: Float32Array.of(2, 1),
    });
    expect(() => inputs.fromValues?.({ acid: 1, ph: 2, wen: "2020-01-01" }, ".")).toThrow(
      /"when" is missing.*"wen"/,
    );
    expect(tableInputs({ columns: [], images }, facts).fromValues?.({ features: [1, 2] }, ".")).toEqual({
      features: Float32Array.of(1, 2),
    });
  });
});
