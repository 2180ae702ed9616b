/**
 * `npm run dev -- source-fs [vitest's own arguments]`: builds one package, and what it needs, whenever a file changes, and
 * runs its tests again. Tests that start workers load the built files, so both have to watch.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const require = createRequire(import.meta.url);
const [name = "", ...rest] = process.argv.slice(2);
const folder = [`packages/${name}`, `apps/${name}`].find((each) =>
  existsSync(join(root, each, "package.json")),
);
if (name === "" || folder === undefined) {
  const known = ["packages", "apps"].flatMap((each) => readdirSync(join(root, each)));
  process.stderr.write(`npm run dev -- PACKAGE, one of: ${known.join(", ")}\n`);
  process.exit(2);
}

const children = [
  start("typescript", "tsc", ["--build", "--watch", "--preserveWatchOutput", folder], root),
  start("vitest", "vitest", ["watch", ...rest], join(root, folder)),
];
for (const child of children) {
  child.on("exit", (code) => {
    for (const other of children) other.kill();
    process.exitCode ??= code ?? 1;
  });
}
// Ctrl-C reaches the children by themselves; this process only waits for them.
process.on("SIGINT", () => undefined);

function start(package_, bin, args, cwd) {
  const manifest = require.resolve(`${package_}/package.json`);
  const file = join(dirname(manifest), require(manifest).bin[bin]);
  return spawn(process.execPath, [file, ...args], { cwd, stdio: "inherit" });
}
