/** The launchers that this machine has, and processes started by them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export interface Launcher {
  readonly name: "Open MPI" | "MPICH";
  /** Undefined where it is not installed. */
  readonly program: string | undefined;
  /** What its library is asked for by. */
  readonly library: string;
  readonly command: (size: number, words: readonly string[]) => readonly string[];
}

/** Ranks of one launcher may be as many as the cores, which other tests want too. */
const yielding = ["--mca", "mpi_yield_when_idle", "1"];
const root = process.getuid?.() === 0 ? ["--allow-run-as-root"] : [];

export const launchers: readonly Launcher[] = [
  launcher("Open MPI", ["mpirun.openmpi", "mpirun"], "libmpi.so.40", [
    "--oversubscribe",
    ...yielding,
    "--bind-to",
    "none",
    ...root,
  ]),
  launcher("MPICH", ["mpirun.mpich", "mpiexec.hydra"], "libmpich.so.12", []),
];

function launcher(
  name: Launcher["name"],
  programs: readonly string[],
  library: string,
  options: readonly string[],
): Launcher {
  const says = name === "MPICH" ? /HYDRA/ : /Open MPI|OpenRTE/;
  const program = programs.find((one) =>
    says.test(spawnSync(one, ["--version"], { encoding: "utf8" }).stdout ?? ""),
  );
  return {
    name,
    program,
    library,
    command: (size, words) => [program ?? programs[0], "-n", String(size), ...options, ...words],
  };
}

/** What became of a launcher and the processes that it started. */
export interface Ended {
  readonly code: number | null;
  readonly text: string;
  readonly milliseconds: number;
}

/** Runs a launcher's command to its end; what takes longer than two and a half minutes is stopped. */
export async function runCommand(
  [first, ...rest]: readonly string[],
  { cwd, environment = {} }: { cwd?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const begun = performance.now();
  const child = spawn(first, rest, { cwd, env: { ...process.env, ...environment }, timeout: 150_000 });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += String(chunk);
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, text, milliseconds: performance.now() - begun };
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/**
 * Runs a program of `test/ranks` as so many ranks. Its first argument is a folder, in which each rank may write what it
 * found: `told` has it, in the order of the ranks.
 */
export async function startRanks(
  { command }: Pick<Launcher, "command">,
  size: number,
  program: string,
  { words = [], environment }: { words?: readonly string[]; environment?: NodeJS.ProcessEnv } = {},
): Promise<Ended & { readonly told: readonly unknown[] }> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-mpi-"));
  folders.push(folder);
  const path = fileURLToPath(new URL(`ranks/${program}`, import.meta.url));
  const ended = await runCommand(command(size, [process.execPath, path, folder, ...words]), { environment });
  const files = readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  const told = files
    .sort((a, b) => parseInt(a) - parseInt(b))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as unknown);
  return { ...ended, told };
}
