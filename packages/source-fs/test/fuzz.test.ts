/** Mutated and cut files of every format, a few of each: `npm run fuzz` reads ten thousand. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { formats } from "./fuzz/formats/index.mjs";
import { fuzz } from "./fuzz/fuzz.mjs";

const count = 40;
const names = formats.map(({ name }) => name);
let results: Awaited<ReturnType<typeof fuzz>>;

beforeAll(async () => {
  const failures = join(tmpdir(), `millrace-fuzz-failures-${process.pid}`);
  results = await fuzz({ formats: names, count, seed: 1, failures });
}, 300_000);

it.each(names)("a faulty %s file is an error or samples, and nothing worse", (name) => {
  const result = results.find(({ format }) => format === name);
  expect(result?.failures).toEqual([]);
  const refused = Object.values(result?.refused ?? {}).reduce((a, b) => a + b, 0);
  expect((result?.read ?? 0) + refused).toBe(count);
  // A change that harms nothing, or everything, would try nothing.
  expect([refused > 0, (result?.read ?? 0) > 0]).toEqual([true, true]);
});
