/** The built command as a user runs it: a process of its own, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const bin = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** Waits until stdout and stderr together contain `text`. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<Ended>;
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** An empty folder, gone after the test file. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace runner ü-"));
  folders.push(folder);
  return folder;
}

export function start(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Started {
  const { NO_COLOR: _no, FORCE_COLOR: _force, MILLRACE_DEBUG: _debug, ...own } = process.env;
  const child = spawn(process.execPath, [bin, ...words], { cwd, env: { ...own, ...env } });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const heard = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!(stdout + stderr).includes(text)) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      void ended.then(
        () => reject(new Error(`ended without saying "${text}":\n${stdout}\n${stderr}`)),
        reject,
      );
    });
  return { process: child, says, ended };
}

export function millrace(words: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
  return start(words, cwd, env).ended;
}

/** A spec of three clouds in the plane and the plain trainer, with some parts replaced. */
export async function blobsSpec(folder: string, parts: object = {}): Promise<string> {
  const spec = {
    plugins: [fixture("softmax-trainer.mjs")],
    seed: 1,
    source: { use: "generated", with: { problem: "blobs", length: 300, noise: 0.3 } },
    split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
    loader: { batchSize: 16, shuffle: true },
    model: { use: "softmax" },
    trainer: { use: "softmax" },
    ...parts,
  };
  return writeSpec(folder, JSON.stringify(spec, null, 2));
}

export async function writeSpec(folder: string, text: string): Promise<string> {
  await writeFile(join(folder, "blobs.json"), text);
  return "blobs.json";
}
