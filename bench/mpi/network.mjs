/** Two network namespaces that stand for two hosts, joined by a line with a delay and a rate. Needs root. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const hosts = [
  { name: "mrleft", device: "mrl0", address: "10.77.0.1" },
  { name: "mrright", device: "mrr0", address: "10.77.0.2" },
];
/** Large, so that few of them pass the relay in a second. */
const packetBytes = 32_000;
const net = "10.77.0.0/24";

/** What mpirun is told so that nothing but the line connects the ranks. */
const openMpiOptions = [
  "--mca btl tcp,self --mca pml ob1 --mca mpi_yield_when_idle 1",
  `--mca btl_tcp_if_include ${net} --mca oob_tcp_if_include ${net}`,
  `-H ${hosts.map(({ address }) => `${address}:1`).join(",")}`,
].flatMap((words) => words.split(" "));

/** Calls `use` with the words that start a launcher on the first host, and its options; takes everything down afterwards. */
export async function withNetwork({ milliseconds, gigabits }, use) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-net-"));
  const agent = join(folder, "agent");
  writeFileSync(agent, agentText());
  chmodSync(agent, 0o755);
  const line = await joinHosts({ milliseconds, gigabits });
  try {
    const before = ["ip", "netns", "exec", hosts[0].name, "unshare", "--uts"];
    const named = ["sh", "-c", `hostname ${hosts[0].name}; exec "$@"`, "sh"];
    const more = ["--mca", "plm_rsh_agent", agent, ...openMpiOptions];
    return await use({ before: [...before, ...named], more, by: line.by });
  } finally {
    line.close();
    rmSync(folder, { recursive: true });
  }
}

/** mpirun's launch agent: [options] HOST COMMAND…, run in that host's namespace, under its name. */
function agentText() {
  const cases = hosts.map(({ name, address }) => `${address}) name=${name};;`).join(" ");
  return `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
case $1 in ${cases} esac
shift
exec ip netns exec $name unshare --uts sh -c "hostname $name; $*"
`;
}

async function joinHosts({ milliseconds, gigabits }) {
  takeDown();
  for (const { name } of hosts) ip("netns", "add", name);
  const line = hasNetem() ? veth({ milliseconds, gigabits }) : await relay({ milliseconds, gigabits });
  for (const { name, device, address } of hosts) {
    const inside = (...words) => ip("netns", "exec", name, "ip", ...words);
    inside("addr", "add", `${address}/24`, "dev", device);
    inside("link", "set", device, "mtu", String(packetBytes), "up");
    inside("link", "set", "lo", "up");
  }
  return {
    by: line.by,
    close() {
      line.close();
      takeDown();
    },
  };
}

function hasNetem() {
  const [{ name }] = hosts;
  try {
    ip("netns", "exec", name, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms");
    ip("netns", "exec", name, "tc", "qdisc", "del", "dev", "lo", "root");
    return true;
  } catch {
    return false;
  }
}

function veth({ milliseconds, gigabits }) {
  const [left, right] = hosts;
  ip("link", "add", left.device, "type", "veth", "peer", "name", right.device);
  for (const { name, device } of hosts) {
    ip("link", "set", device, "netns", name);
    const shape = ["delay", `${milliseconds}ms`, "rate", `${gigabits}gbit`, "limit", "100000"];
    ip("netns", "exec", name, "tc", "qdisc", "add", "dev", device, "root", "netem", ...shape);
  }
  return { by: "tc's netem", close() {} };
}

/** The same by a program, where the kernel has no netem. */
async function relay({ milliseconds, gigabits }) {
  const program = fileURLToPath(new URL("delay.py", import.meta.url));
  const words = [...hosts.map(({ device }) => device), milliseconds / 1000, (gigabits * 1e9) / 8];
  const child = spawn("python3", [program, ...words.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`delay.py ended with ${code}`)));
  });
  for (const { name, device } of hosts) ip("link", "set", device, "netns", name);
  return {
    by: "a program on the same cores, for this kernel's tc has no netem",
    close: () => child.kill("SIGKILL"),
  };
}

function takeDown() {
  for (const { name } of hosts) {
    try {
      ip("netns", "del", name);
    } catch {
      // It is not there.
    }
  }
}

function ip(...words) {
  execFileSync("ip", words, { stdio: "pipe" });
}
