/** A cluster of one node, this machine, by Debian's packages slurmctld, slurmd, slurm-client, munge and libpmix-dev. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where one of these is missing, or this is not root, there is no cluster. */
export const canStart =
  process.getuid?.() === 0 &&
  ["munged", "slurmctld", "slurmd", "srun"].every(
    (program) => spawnSync(program, ["--version"]).error === undefined,
  ) &&
  ["x86_64", "aarch64"].some((kind) => existsSync(`/usr/lib/${kind}-linux-gnu/pmix2/lib/libpmix.so`));

export interface Cluster {
  /** What its commands find it by. */
  readonly environment: NodeJS.ProcessEnv;
  readonly close: () => Promise<void>;
}

const daemons = ["slurmd", "slurmctld", "munged"] as const;

/** Starts the daemons in a folder of their own, and waits until the node takes jobs. */
export async function startCluster(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-slurm-"));
  // munge passes its socket to all, so all must come by.
  chmodSync(folder, 0o755);
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "munge.key"), randomBytes(1024), { mode: 0o400 });
  writeFileSync(join(folder, "slurm.conf"), settings(folder, await freePort(), await freePort()));
  const environment = { SLURM_CONF: join(folder, "slurm.conf") };
  const options = { env: { ...process.env, ...environment }, stdio: "ignore" } as const;
  const of = (name: string) => join(folder, name);
  const munge = ["key-file=munge.key", "socket=munge.socket", "pid-file=munged.pid", "log-file=munged.log"];
  const paths = [...munge, "seed-file=munge.seed"].map((word) => `--${word.replace("=", `=${folder}/`)}`);
  execFileSync("munged", ["--force", ...paths], options);
  execFileSync("slurmctld", ["-c"], options);
  execFileSync("slurmd", ["-N", node], options);
  const close = async () => {
    for (const name of daemons) await end(of(`${name}.pid`));
    rmSync(folder, { recursive: true });
  };
  for (let tries = 0; tries < 300; tries++) {
    const { stdout } = spawnSync("sinfo", ["-h", "-o", "%T"], {
      ...options,
      stdio: "pipe",
      encoding: "utf8",
    });
    if (stdout.trim() === "idle") return { environment, close };
    await sleep(200);
  }
  const log = readFileSync(of("slurmctld.log"), "utf8");
  await close();
  throw new Error(`the cluster does not start:\n${log}`);
}

const node = hostname().split(".")[0];

function settings(folder: string, controllerPort: number, nodePort: number): string {
  return `ClusterName=millrace
SlurmctldHost=${node}(127.0.0.1)
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=2
NodeName=${node} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** Ends the daemon that wrote this file, and waits until it is gone. */
async function end(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const daemon = Number(readFileSync(file, "utf8"));
  for (let tries = 0; tries < 100; tries++) {
    try {
      process.kill(daemon, tries === 0 ? "SIGTERM" : tries === 99 ? "SIGKILL" : 0);
    } catch {
      return;
    }
    await sleep(100);
  }
}
