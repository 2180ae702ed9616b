/** One rank of `testGroup`: joins the group, makes every call there is, and writes what came of them into a file. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ProcessGroup } from "../contracts/group.js";
import type { GroupPlugin } from "../plugin/group.js";
import type { Registrable } from "../plugin/plugin.js";

const [url, name, act, folder] = process.argv.slice(2);
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const plugin = await pluginOf();
if (!plugin.launched(process.env)) throw new Error(`${name} does not know that it was launched`);
const group = await plugin.open({ logger: silent, environment: process.env });
const told = act === "calls" ? await calls(group) : await ended(group);
await writeFile(join(folder, `${group.rank}.json`), JSON.stringify(told));
await group.close();

async function pluginOf(): Promise<GroupPlugin> {
  const { default: exported } = (await import(url)) as { default: Registrable | readonly Registrable[] };
  const found = [exported].flat().find((item) => item.kind === "group" && item.name === name);
  if (found?.kind === "group") return found;
  throw new Error(`${url} must default-export the group ${name}`);
}

async function calls({ rank, size, ...group }: ProcessGroup): Promise<object> {
  const large = new Float32Array(2 ** 20).fill(rank + 1);
  const inParts = [0, 1, 2].map((channel) => new Float32Array(1000).fill((rank + 1) * 10 ** channel));
  await Promise.all([group.sum(large), ...inParts.map((part, channel) => group.sum(part, channel + 1))]);
  // Thirds cannot be added exactly: every rank must have the same bits all the same.
  const thirds = Float32Array.from({ length: 501 }, (_, i) => (i + rank) / 3);
  await group.sum(thirds);
  const within = new Float64Array(5).fill(7);
  await group.sum64(within.subarray(1, 4));
  const largest = Float64Array.of(rank, -rank, rank === 1 ? Number.POSITIVE_INFINITY : 0);
  await group.max(largest);
  // Whoever comes late is waited for.
  if (rank === 0) await wait(50);
  await group.barrier();
  const gathered = await group.gather(new Uint8Array(rank * 3).fill(rank));
  const given = new Uint8Array([rank, 200]);
  return {
    rank,
    size,
    localRank: group.localRank,
    localSize: group.localSize,
    description: group.description,
    large: [large[0], large[large.length - 1]],
    parts: inParts.map((part) => part[999]),
    thirds: Buffer.from(thirds.buffer).toString("base64"),
    within: [...within],
    largest: largest.map((value) => Math.min(value, 1e9)).join(),
    gathered: gathered.map((bytes) => [...bytes].join("")),
    first: [...(await group.broadcast(given))],
    last: [...(await group.broadcast(given, size - 1))],
  };
}

/** The last rank ends without a word; whoever waits for it must not wait for ever. */
async function ended({ rank, size, ...group }: ProcessGroup): Promise<object> {
  await group.barrier();
  if (rank === size - 1 && act === "kill") process.kill(process.pid, "SIGKILL");
  if (rank === size - 1 && act === "abort") group.abort(7);
  await group.barrier();
  return { rank };
}
