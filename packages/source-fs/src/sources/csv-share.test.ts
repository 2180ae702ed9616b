/** One opening of a CSV file for all threads, whatever is written to it meanwhile. */
import { rm, utimes } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, reopened, temporaryFolder } from "../../test/support.js";
import type { CsvSample } from "../csv/dataset.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const text = 'id,a,b,kind\nx,1,2,rose\n\n"y\nz",3,4,lily\nw,5,6,rose\n';
const options = { path: "t.csv", label: "kind", features: ["b", "a"] };

it("a worker has the rows of the main thread's opening, whatever stands in the file since", async () => {
  for (const change of [
    () => folder.write("t.csv", "id,a,b,kind\nq,9,9,aster\n"),
    () => rm(new URL("t.csv", folder.baseUrl)),
  ]) {
    await folder.write("t.csv", text);
    const first = await openSource<CsvSample>("csv", options, folder.baseUrl);
    await change();
    const second = await reopened<CsvSample>("csv", options, folder.baseUrl, first);
    expect([second.length, second.facts]).toEqual([first.length, first.facts]);
    for (const index of [0, 1, 2]) {
      expect(await second.get(index, epoch)).toEqual(await first.get(index, epoch));
      expect(second.key?.(index)).toBe(first.key?.(index));
    }
    for (const name of ["label", "kind", "a"]) expect(second.column?.(name)).toEqual(first.column?.(name));
    expect(await second.fingerprint?.()).toBe(await first.fingerprint?.());
  }
});

it("what is shared lies in shared memory", async () => {
  await folder.write("t.csv", text);
  const first = await openSource<CsvSample>("csv", options, folder.baseUrl);
  const shared = first.share?.() as { table: { values: Float32Array }; label: Int32Array } | undefined;
  expect(shared?.table.values.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(shared?.label.buffer).toBeInstanceOf(SharedArrayBuffer);
});

it("rows are named by file and line", async () => {
  await folder.write("t.csv", text);
  const dataset = await openSource<CsvSample>("csv", options, folder.baseUrl);
  expect([0, 1, 2].map((index) => dataset.key?.(index))).toEqual(["t.csv:2", "t.csv:4", "t.csv:6"]);
});

it("a column that was not asked for is read when it is, and refused if the file is another by then", async () => {
  await folder.write("t.csv", text);
  const dataset = await openSource<CsvSample>("csv", options, folder.baseUrl);
  expect(dataset.column?.("id")).toEqual(["x", "y\nz", "w"]);
  await utimes(new URL("t.csv", folder.baseUrl), 5, 5);
  const error = await failureOf(() => dataset.column?.("id"));
  expect([error.code, error.describe()]).toEqual([
    "FILE_FORMAT",
    expect.stringContaining("was changed since"),
  ]);
  await rm(new URL("t.csv", folder.baseUrl));
  expect((await failureOf(() => dataset.column?.("id"))).code).toBe("FILE_NOT_FOUND");
});
