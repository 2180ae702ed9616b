#!/usr/bin/env node
// A file of its own, because npm links commands when it installs, before anything is built.
import { existsSync } from "node:fs";

if (existsSync(new URL("../dist/bin.js", import.meta.url))) await import("../dist/bin.js");
else {
  process.stderr.write("error: millrace is not built yet\nRun `npm run build` first.\n");
  process.exitCode = 1;
}
