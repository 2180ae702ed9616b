/** Files that were cut or damaged, in a process with little memory: `node test/mutate.mjs 10000` tries more of them. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const each = 60;

it("give samples, or errors that name what is wrong; none ends the process, and none takes for ever", () => {
  const script = fileURLToPath(new URL("mutate.mjs", import.meta.url));
  const args = ["--max-old-space-size=256", script, String(each)];
  const lines = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 150_000 })
    .trim()
    .split("\n");
  const told = lines.map((line) => JSON.parse(line) as Readonly<Record<string, number>>);
  expect(told).toHaveLength(12);
  for (const { samples, refused, "bad samples": bad } of told) {
    expect(samples + refused + bad).toBe(each);
    // Of damage that is seen; what only changes a number is not.
    expect(refused + bad).toBeGreaterThan(0);
  }
});
