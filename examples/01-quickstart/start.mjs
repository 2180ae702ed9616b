/** What `npm start` runs: draws digits, trains a small network on them, and says where the report is. */
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main } from "@millrace/runner";
import { drawDigits } from "./draw-digits.mjs";

const folder = fileURLToPath(new URL("./", import.meta.url));
const digits = join(folder, "data", "digits");
const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
const runDir = join(folder, "runs", stamp);
const say = (text) => process.stdout.write(`${text}\n`);

const { images, drawn } = await drawDigits({ root: digits, perClass: 500, size: 28, seed: 7 });
say(`${images} digits ${drawn ? "drawn in" : "are in"} ${relative(process.cwd(), digits) || digits}\n`);

process.exitCode = await main(["run", join(folder, "spec.json"), "--out", runDir]);
if (process.exitCode === 0) say(`\nLook at it: ${pathToFileURL(join(runDir, "report.html")).href}`);
