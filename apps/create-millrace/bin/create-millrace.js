#!/usr/bin/env node
/** `npm create millrace NAME -- --from DATA`: `millrace new project`, without anything installed before. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const runner = import.meta.resolve("@millrace/runner");
if (existsSync(fileURLToPath(runner))) {
  const { main } = await import("@millrace/runner");
  const words = process.argv.slice(2);
  // Without a word on the command line: what there is to be said.
  process.exitCode = await main(["new", "project", ...(words.length === 0 ? ["--help"] : words)]);
} else {
  process.stderr.write("error: millrace is not built yet\nRun `npm run build` first.\n");
  process.exitCode = 1;
}
