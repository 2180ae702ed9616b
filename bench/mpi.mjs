/**
 * Data-parallel training by MPI on this machine: `node bench/mpi.mjs` after a build writes docs/bench-mpi.md. Parts can be named:
 * `sums`, `efficiency`, `network` (which needs root). Launchers that are not installed are left out.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { launchers, measure, measureAlone, priority } from "./mpi/launch.mjs";
import { stepMilliseconds, sumMilliseconds } from "./mpi/model.mjs";
import { withNetwork } from "./mpi/network.mjs";

const parts = { sums, efficiency, network, model };
const asked = process.argv.slice(2);
const names = Object.keys(parts).filter((name) => asked.length === 0 || asked.includes(name));
const rounds = 3;
const loads = [];

const sections = [];
for (const name of names) {
  loads.push(loadavg()[0]);
  sections.push(await parts[name]());
}
const text = `${head()}\n${sections.join("\n")}`;
if (asked.length === 0) writeFileSync(new URL("../docs/bench-mpi.md", import.meta.url), text);
process.stdout.write(text);

function head() {
  const cores = availableParallelism();
  const busiest = Math.max(...loads);
  const busy =
    busiest > cores / 2
      ? `\n**The machine was busy with other work meanwhile** (load ${busiest.toFixed(0)} on ${cores} cores${priority === undefined ? "" : `; the ranks had priority, nice ${priority}`}):
the least of many steps says more than the median.\n`
      : "";
  return `# Data-parallel training, measured

Written by \`node bench/mpi.mjs\`: ${cpus()[0].model.trim()}, ${cores} cores, Node ${process.versions.node}. Times are medians;
behind them, in brackets, the least.
${busy}`;
}

async function sums() {
  const each = [];
  for (const launcher of launchers) each.push(await measure(launcher, 2, "allreduce.mjs"));
  const rows = each[0].rows.map(({ bytes }, i) => {
    const cells = each.flatMap(({ rows }) => {
      const { milliseconds, least } = rows[i];
      return [`${micro(milliseconds)} (${micro(least)})`, `${(bytes / least / 1e6).toFixed(2)} GB/s`];
    });
    return [sizeText(bytes), ...cells];
  });
  const titles = each.flatMap(({ description }) => [description.split(",")[0], "at best"]);
  return `## One sum of two ranks on one host

What \`group.sum\` takes, in microseconds, the way into JavaScript and back included. Below 1 MiB it is a call that is asked after,
above one that waits on a thread.

${table(["bytes", ...titles], rows)}`;
}

async function efficiency() {
  const alone = [];
  const together = launchers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    alone.push(await measureAlone("step.mjs", ["cnn", 32, 60]));
    for (const [i, launcher] of launchers.entries())
      together[i].push(await measure(launcher, 2, "step.mjs", ["cnn", 64, 60]));
  }
  const one = best(alone);
  const rows = [["1 rank, 1 core", stepText(one), "", ""]];
  for (const [i, { name }] of launchers.entries()) {
    const two = best(together[i]);
    const share = percent(two.sum / two.step);
    const ratio = `${percent(one.step / two.step)} (${percent(one.least / two.least)})`;
    rows.push([`2 ranks, ${name}`, stepText(two), share, ratio]);
  }
  return `## Two ranks on two cores

The CNN of ${(together[0]?.[0].bytes / 4000).toFixed(0)} thousand weights, 32 pictures a rank and step, WebAssembly on one core for each rank; the one rank alone
was held to one core by \`taskset\`. Of ${rounds} rounds the one with the best median. Efficiency is the one rank's time by the two ranks'.

${table(["", "step, ms", "sum of the step", "efficiency"], rows)}`;
}

async function network() {
  const openMpi = launchers.find(({ name }) => name === "Open MPI");
  if (openMpi === undefined || process.getuid() !== 0) return "";
  const alone = await measureAlone("step.mjs", ["wide", 32, 30]);
  const rows = [];
  let by = "";
  for (const milliseconds of [0.1, 1, 5])
    await withNetwork({ milliseconds, gigabits: 1 }, async (net) => {
      by = net.by;
      for (const links of [1, 2]) {
        const more = [...net.more, "--mca", "btl_tcp_links", String(links)];
        const words = ["wide", 64, 30];
        const whole = await measure(openMpi, 2, "step.mjs", [...words, "whole"], { ...net, more });
        const pieces = await measure(openMpi, 2, "step.mjs", words, { ...net, more });
        const { bytes } = pieces;
        const line = { ranks: 2, bytes, gigabits: 1, latency: milliseconds };
        const { apart, overlapped } = stepMilliseconds({ compute: alone.step, ...line });
        const model = [sumMilliseconds(line), apart, overlapped].map((ms) => ms.toFixed(0));
        const measured = [whole, pieces].flatMap((each) => [stepText(each), each.sum.toFixed(0)]);
        rows.push([`${milliseconds} ms`, links, ...measured, ...model]);
      }
    });
  const head = [
    "delay",
    "TCP links",
    "step, ms",
    "waits, ms",
    "overlapped",
    "waits, ms",
    "model's sum",
    "model's step",
    "model's, overlapped",
  ];
  return `## Two hosts at 1 Gbit/s

Two network namespaces that stand for hosts, joined by a line with a delay each way and 1 Gbit/s
(${by}); the
model of 1.6 million weights (6.5 MB of gradients a step), 32 pictures a rank. One rank alone takes ${stepText(alone)} ms a step. The model is
t = compute + sum, or the larger of both where they overlap, with sum = 2(n − 1)/n · bytes/bandwidth + 2(n − 1) · latency. What was
measured first sums in one call behind the backward pass, then in pieces during it; a step waits for what is left. Both ranks and both of
their threads share two cores, where hosts would have their own. Open MPI's default is one TCP link between two ranks, which it does not use in both directions at once.

${table(head, rows)}`;
}

function model() {
  const compute = 40;
  const bytes = 6_520_412;
  const networks = [
    ["1 Gbit/s, 0.1 ms", { gigabits: 1, latency: 0.1 }],
    ["10 Gbit/s, 0.03 ms", { gigabits: 10, latency: 0.03 }],
    ["100 Gbit/s, 0.002 ms", { gigabits: 100, latency: 0.002 }],
  ];
  const ranks = [2, 4, 8, 16, 64, 256, 1000];
  const rows = networks.map(([name, line]) => [
    name,
    ...ranks.map((of) => {
      const { apart, overlapped } = stepMilliseconds({ compute, bytes, ranks: of, ...line });
      return `${percent(compute / apart)} / ${percent(compute / overlapped)}`;
    }),
  ]);
  return `## To a thousand ranks, by the model

**Calculated, not measured**: the efficiency of a step of ${compute} ms and 6.5 MB by the formula above, without overlap / with. Libraries choose
trees for small messages, which take 2 log₂ n latencies instead of 2(n − 1): with many ranks they do better than this.

${table(["network", ...ranks.map(String)], rows)}`;
}

function best(measured) {
  return measured.reduce((a, b) => (b.step < a.step ? b : a));
}

function stepText({ step, least }) {
  return `${step.toFixed(1)} (${least.toFixed(1)})`;
}

function micro(milliseconds) {
  const microseconds = milliseconds * 1000;
  return microseconds < 100 ? microseconds.toFixed(1) : Math.round(microseconds).toLocaleString("en-US");
}

function percent(ratio) {
  return `${(100 * ratio).toFixed(ratio < 0.1 ? 1 : 0)} %`;
}

function sizeText(bytes) {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes}`;
}

function table(titles, rows) {
  const lines = [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}
