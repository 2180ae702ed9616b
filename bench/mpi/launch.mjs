/** The launchers of this machine, and programs started by them as ranks; rank 0 writes what it measured into a file. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * MILLRACE_BENCH_PRIORITY=-15, as root: the ranks' nice value, each in its own session of the scheduler, where other work must not
 * be in the way.
 */
export const priority = process.env.MILLRACE_BENCH_PRIORITY;
const raise = `echo ${priority} > /proc/self/autogroup; exec "$@"`;
const raised = priority === undefined ? [] : ["sh", "-c", raise, "sh"];

const root = process.getuid?.() === 0 ? ["--allow-run-as-root"] : [];
const known = [
  {
    name: "Open MPI",
    says: /Open MPI|OpenRTE/,
    programs: ["mpirun.openmpi", "mpirun"],
    options: ["--oversubscribe", "--bind-to", "none", ...root],
  },
  { name: "MPICH", says: /HYDRA/, programs: ["mpirun.mpich", "mpiexec.hydra"], options: [] },
];

/** Those that are installed: name, program, options. */
export const launchers = known.flatMap(({ says, programs, ...launcher }) => {
  const program = programs.find((one) =>
    says.test(spawnSync(one, ["--version"], { encoding: "utf8" }).stdout ?? ""),
  );
  return program === undefined ? [] : [{ ...launcher, program }];
});

/** What rank 0 of a program of this folder wrote, started as `size` ranks; `before` are the words before the launcher's own. */
export async function measure(
  { program, options },
  size,
  script,
  words = [],
  { before = [], more = [] } = {},
) {
  const launch = [...before, program, ...options, ...more, "-n", String(size)];
  return run(launch, script, words);
}

/** The same of one process that no launcher started, on one core. */
export async function measureAlone(script, words = []) {
  return run(["taskset", "-c", "0"], script, words);
}

async function run([command, ...first], script, words) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const file = join(folder, "measured.json");
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(command, [...first, ...raised, process.execPath, path, file, ...words.map(String)], {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 300_000,
  });
  const code = await new Promise((resolve) => {
    child.on("close", resolve);
  });
  try {
    if (code !== 0) throw new Error(`${command} ${first.join(" ")} ${script} ended with ${code}`);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
