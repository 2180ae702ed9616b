/** What a plugin's author outside of the repository is given: declarations that hold under the strictest options. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("compiles under strict, exactOptionalPropertyTypes and without skipping the checks of libraries", async () => {
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  const strict =
    "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck false";
  const modules =
    "--verbatimModuleSyntax --target es2022 --module nodenext --moduleResolution nodenext --types node";
  const options = `${strict} ${modules}`.split(" ");
  const plugin = fileURLToPath(new URL("./fixtures/outside.ts", import.meta.url));
  const tsc = join(dirname(manifest), "bin", "tsc");
  const found = await promisify(execFile)(process.execPath, [tsc, "--ignoreConfig", ...options, plugin]).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  // The libraries that core itself depends on are theirs to mend.
  const own = found
    .split("\n")
    .filter((line) => /error TS/.test(line) && !/node_modules\/(?!@millrace)/.test(line));
  expect(own).toEqual([]);
}, 120_000);
