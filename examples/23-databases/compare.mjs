/** Trains on the wines from each database, and holds the weights against each other: they are the same, bit for bit. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { Client } = createRequire(new URL("../../packages/source-sql/package.json", import.meta.url))("pg");
const say = (text) => process.stdout.write(`${text}\n`);
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const made = execFileSync(process.execPath, [at("make.mjs"), ...process.argv.slice(2)], { encoding: "utf8" });
process.stdout.write(made);
const folder = mkdtempSync(join(tmpdir(), "millrace-databases-"));
process.env.WINE_URL ??= process.env.MILLRACE_TEST_POSTGRES ?? "postgres://postgres@127.0.0.1:5432/postgres";

const sources = {
  duckdb: { path: "wine.duckdb", table: "wine", key: "id" },
  sqlite: { path: "wine.db", table: "wine" },
  join: {
    path: "wine.db",
    query: "SELECT c.*, r.quality FROM chemistry c JOIN ratings r ON r.id = c.id",
    key: "id",
  },
  ...(made.includes("PostgreSQL") && {
    postgres: { url: "${env:WINE_URL}", table: "millrace_example.wine" },
  }),
};
const digests = new Map();
try {
  for (const [name, options] of Object.entries(sources)) {
    const use = name === "join" ? "sqlite" : name;
    const source = { use, with: { label: "quality", ...options } };
    const out = join(folder, name);
    const args = [
      at("../../apps/runner/dist/bin.js"),
      "run",
      at("spec.json"),
      "--out",
      out,
      "--json",
      "--set",
      "trainer.with.epochs=2",
    ];
    execFileSync(process.execPath, [...args, "--set", `source=${JSON.stringify(source)}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    digests.set(name, digestOf(join(out, "model")));
    say(`${name.padEnd(9)} ${digests.get(name)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (made.includes("PostgreSQL")) {
    const client = new Client({ connectionString: process.env.WINE_URL });
    await client.connect();
    await client.query("DROP SCHEMA millrace_example CASCADE");
    await client.end();
  }
}
if (new Set(digests.values()).size !== 1) throw new Error("the weights differ");

/** Of the weights that the run saved. */
function digestOf(folder) {
  const weights = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => /\.(?:bin|safetensors)$/.test(name))
    .sort();
  if (weights.length === 0) throw new Error(`no weights in ${folder}`);
  const hash = createHash("sha256");
  for (const name of weights) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}
