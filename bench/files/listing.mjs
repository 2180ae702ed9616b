/** Files found in folders: by files and by image-folder, against tinyglobby alone. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { glob } = createRequire(new URL("../../packages/source-fs/package.json", import.meta.url))(
  "tinyglobby",
);
const count = 50_000;

/** `count` empty files in 100 classes of 10 folders each. */
function writeFiles(folder) {
  for (let i = 0; i < count; i++) {
    const inner = join(folder, `class${String(i % 100).padStart(2, "0")}`, `part${Math.floor(i / 100) % 10}`);
    if (i < 1000) mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `${String(i).padStart(6, "0")}.jpg`), "");
  }
}

async function compare({ folder, open, wall }, name, options) {
  writeFiles(folder);
  const ours = async () => {
    const dataset = await open(name, options);
    if (dataset.length !== count) throw new Error(`found ${dataset.length} files`);
    await dataset.close?.();
  };
  const theirs = async () => {
    const found = await glob("**/*.jpg", { cwd: folder, expandDirectories: false });
    if (found.length !== count) throw new Error(`found ${found.length} files`);
  };
  await theirs();
  // In turns, so that a machine that is busy for a while is so for both.
  const times = { ours: Infinity, theirs: Infinity };
  for (let round = 0; round < 5; round++) {
    times.theirs = Math.min(times.theirs, await wall(theirs));
    times.ours = Math.min(times.ours, await wall(ours));
  }
  return {
    ratio: times.ours / times.theirs,
    ours: `${Math.round(times.ours)} ms`,
    theirs: `${Math.round(times.theirs)} ms`,
  };
}

export const cases = {
  listing: {
    what: "50,000 files in 1,000 folders, opened by files, against tinyglobby alone",
    atMost: 1.5,
    run: (tools) => compare(tools, "files", { patterns: "**/*.jpg" }),
  },
  "listing-classes": {
    what: "50,000 files in 100 classes of nested folders, opened by image-folder, against tinyglobby alone",
    atMost: 1.5,
    run: (tools) => compare(tools, "image-folder", { root: "." }),
  },
};
