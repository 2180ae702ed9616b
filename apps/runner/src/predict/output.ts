/** Where answers go: stdout, or a file that is there whole at the end. */
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { once } from "node:events";
import { MillraceError } from "@millrace/core";
import { writeFault } from "../run/write-fault.js";
import type { Terminal } from "../view/terminal.js";

export interface Output {
  /** False once what is written reaches nobody. */
  readonly isOpen: boolean;
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

export function onStdout(terminal: Terminal): Output {
  return {
    get isOpen() {
      return terminal.isOpen();
    },
    write: async (text) => terminal.write(text),
    finish: async () => {},
    abandon: async () => {},
  };
}

/** Writes beside `path`, which is replaced at the end. @throws MillraceError OUT_DIR. */
export async function openOutput(path: string): Promise<Output> {
  const partial = `${path}.partial`;
  if (await isFolder(path)) {
    throw new MillraceError("OUT_DIR", `${path} cannot be written: it is a folder`, { hint: "Name a file." });
  }
  const stream = createWriteStream(partial);
  const fail = (cause: unknown) => writeFault(path, cause);
  await once(stream, "open").catch((cause: unknown) => {
    throw fail(cause);
  });
  let fault: unknown;
  stream.on("error", (error) => (fault = error));
  return {
    isOpen: true,
    async write(text) {
      if (fault !== undefined) throw fail(fault);
      if (stream.write(text)) return;
      await once(stream, "drain").catch((cause: unknown) => {
        throw fail(cause);
      });
    },
    async finish() {
      stream.end();
      await once(stream, "close");
      if (fault !== undefined) throw fail(fault);
      await rename(partial, path).catch((cause: unknown) => {
        throw fail(cause);
      });
    },
    async abandon() {
      stream.destroy();
      await rm(partial, { force: true });
    },
  };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
