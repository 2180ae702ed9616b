/** The laws of groups, held by processes of their own. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "./expect.js";
import { describe, it, onTestFinished } from "./harness.js";

export interface GroupSuite {
  /** The module that default-exports the group, alone or in a list: a URL. */
  readonly module: string | URL;
  readonly name: string;
  /** How many ranks are tried; 1, 2 and 4 by default. */
  readonly sizes?: readonly number[];
  /**
   * The command that starts `words` as so many ranks, such as `["mpirun", "-n", "2", ...words]`. Without it each rank is
   * started by itself, with the variables that the group `sockets` reads.
   */
  readonly launcher?: (size: number, words: readonly string[]) => readonly string[];
}

/** What became of a process, or of the launcher of several. */
interface Ended {
  readonly code: number | null;
  readonly text: string;
}

const milliseconds = 120_000;

/** Every call on every number of ranks; and that the death of a rank, or its `abort`, ends all of them. */
export function testGroup(suite: GroupSuite): void {
  const { name, sizes = [1, 2, 4] } = suite;
  const most = Math.max(...sizes);
  describe(`the group ${name}`, () => {
    for (const size of sizes) {
      it(`makes every call on ${size} ranks, with the same result on each`, {
        timeout: milliseconds,
      }, async () => {
        const { ended, folder } = await ranks(suite, size, "calls");
        expect(ended.filter(({ code }) => code !== 0)).toEqual([]);
        const told = await toldIn(folder);
        expect(told).toHaveLength(size);
        const total = (size * (size + 1)) / 2;
        const { thirds, description } = told[0];
        for (const [rank, result] of told.entries()) {
          expect(result).toEqual({
            rank,
            size,
            localRank: rank,
            localSize: size,
            description,
            large: [total, total],
            parts: [total, 10 * total, 100 * total],
            thirds,
            within: [7, 7 * size, 7 * size, 7 * size, 7],
            largest: `${size - 1},0,${size > 1 ? 1e9 : 0}`,
            gathered: Array.from({ length: size }, (_, i) => String(i).repeat(3 * i)),
            first: [0, 200],
            last: [size - 1, 200],
          });
        }
        const sums = new Float32Array(new Uint8Array(Buffer.from(String(thirds), "base64")).buffer);
        for (const [i, sum] of sums.entries())
          expect(sum).toBeCloseTo((i * size) / 3 + (size * (size - 1)) / 6, 2);
      });
    }

    it("does not wait for a rank that was killed", { timeout: milliseconds }, async () => {
      const { ended, folder } = await ranks(suite, most, "kill");
      expect(ended.every(({ code }) => code !== 0)).toBe(true);
      expect(await toldIn(folder)).toEqual([]);
    });

    it("ends every rank with the code that one of them aborts with", { timeout: milliseconds }, async () => {
      const { ended, folder } = await ranks(suite, most, "abort");
      expect(ended.every(({ code }) => code !== 0)).toBe(true);
      expect(ended.some(({ code }) => code === 7)).toBe(true);
      expect(await toldIn(folder)).toEqual([]);
    });
  });
}

/** What each rank told, in their order. */
async function toldIn(folder: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), "utf8")));
  const told = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  return told.sort((a, b) => Number(a.rank) - Number(b.rank));
}

/** Starts the ranks. Each tells what it found by a file: launchers mix the lines of several. */
async function ranks(
  { module, name, launcher }: GroupSuite,
  size: number,
  act: string,
): Promise<{ readonly ended: Ended[]; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-group-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = fileURLToPath(new URL("group-rank.js", import.meta.url));
  const words = [process.execPath, program, String(module), name, act, folder];
  if (launcher !== undefined) return { ended: [await run(launcher(size, words), {})], folder };
  const each = Array.from({ length: size }, (_, rank) => ({
    MILLRACE_RANK: String(rank),
    MILLRACE_SIZE: String(size),
    MILLRACE_GROUP: join(folder, "group.sock"),
  }));
  return { ended: await Promise.all(each.map((environment) => run(words, environment))), folder };
}

function run([command, ...words]: readonly string[], environment: object): Promise<Ended> {
  const child = spawn(command, words, { env: { ...process.env, ...environment }, timeout: milliseconds });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  child.stderr.on("data", (chunk) => (text += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}
