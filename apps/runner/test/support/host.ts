/** Many commands in one process: the start of a process costs more than most commands do. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll } from "vitest";
import { type Ended, fixture } from "./cli.js";

let child: Promise<ChildProcess> | undefined;
let turn: Promise<unknown> = Promise.resolve();
let count = 0;
afterAll(async () => (await child)?.disconnect());

/** Runs `millrace` with these words after the commands that were asked for before. */
export function millraceHere(words: readonly string[], cwd: string): Promise<Ended> {
  const ended = turn.then(() => run(words, cwd));
  turn = ended.catch(() => {});
  return ended;
}

async function run(words: readonly string[], cwd: string): Promise<Ended> {
  child ??= start();
  const host = await child;
  const id = count++;
  return new Promise((resolve, reject) => {
    const died = (code: number | null) =>
      reject(new Error(`the host ended with ${code} in ${words.join(" ")}`));
    const heard = (message: Ended & { readonly id: number }) => {
      if (message.id !== id) return;
      host.off("message", heard);
      host.off("exit", died);
      resolve(message);
    };
    host.on("message", heard);
    host.once("exit", died);
    host.send({ id, words, cwd });
  });
}

async function start(): Promise<ChildProcess> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, MILLRACE_DEBUG: _debug, ...env } = process.env;
  const host = fork(fixture("host.mjs"), { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await once(host, "message");
  return host;
}
