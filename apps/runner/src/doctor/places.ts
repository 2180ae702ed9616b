/** Where runs write: whether they may, and whether there is room. */
import { existsSync } from "node:fs";
import { mkdtemp, rmdir, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "@millrace/core";
import { bytesText, type Finding, finding } from "./finding.js";

const leastFree = 1e9;

export async function placeFindings(folder: string): Promise<Finding[]> {
  const kept = ["runs", ".millrace"].map((name) => join(folder, name)).filter((path) => existsSync(path));
  return [
    await writable("this folder", folder, "Go to a folder of your own, or name one with --out."),
    ...(await Promise.all(
      kept.map((path) =>
        writable(path.slice(folder.length + 1), path, `Make it yours: \`chown -R $(id -u) ${path}\`.`),
      ),
    )),
    await writable("temporary files", tmpdir(), "Set TMPDIR to a folder that may be written to."),
    ...(await room(folder)),
  ];
}

/** Tried, not asked: a read-only disk, a quota and a container's user all say so only then. */
async function writable(name: string, path: string, cure: string): Promise<Finding> {
  try {
    await rmdir(await mkdtemp(join(path, ".millrace-doctor-")));
    return finding("places", name, `${path} may be written to`);
  } catch (error) {
    return finding("places", name, `${path} may not be written to: ${messageOf(error)}`, cure);
  }
}

async function room(folder: string): Promise<Finding[]> {
  try {
    const { bsize, bavail } = await statfs(folder);
    const free = bsize * bavail;
    const cure =
      "Make room: a run keeps three checkpoints of three times the model's size, caches under .millrace/cache may be removed.";
    return [finding("places", "disk", `${bytesText(free)} free`, free < leastFree ? cure : undefined)];
  } catch {
    return [];
  }
}
