/** A stream as a person sees it: whether it is a terminal, how wide, and with which colours. */
import { readlinkSync } from "node:fs";
import type { Writable } from "node:stream";
import pc from "picocolors";

export type Colors = ReturnType<typeof pc.createColors>;

/** The part of a write stream that matters here; a file or pipe has no `isTTY`. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Its number, where it is the process's own. */
  readonly fd?: number;
}

export interface Terminal {
  /** Whether a line may be drawn over. */
  readonly live: boolean;
  readonly colors: Colors;
  /** Width in characters, read anew each time: windows are resized. */
  columns(): number;
  write(text: string): void;
  /** False once nobody reads any more. */
  isOpen(): boolean;
  /** Why some of it could not be written, as on a full disk: no reason to end a run. */
  fault(): Error | undefined;
}

/** NO_COLOR and FORCE_COLOR as https://no-color.org and https://force-color.org say. */
export function terminalOf(stream: OutputStream, env: NodeJS.ProcessEnv): Terminal {
  const live = stream.isTTY === true && env.TERM !== "dumb" && !isForwarded(stream, env);
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  const colored = !env.NO_COLOR && (forced || (live && env.FORCE_COLOR === undefined));
  const faults = faultsOf(stream);
  return {
    live,
    colors: pc.createColors(colored),
    // A pseudo-terminal whose size nobody set has 0 columns.
    columns: () => stream.columns || 80,
    write: (text) => void (stream.writable && stream.write(text)),
    isOpen: () => stream.writable,
    fault: () => faults.fault,
  };
}

const met = new WeakMap<OutputStream, { fault?: Error }>();

/** Of a stream that may outlive many commands: heard once, and also when the last one has ended. */
function faultsOf(stream: OutputStream): { readonly fault?: Error } {
  const known = met.get(stream);
  if (known !== undefined) return known;
  const faults: { fault?: Error } = {};
  met.set(stream, faults);
  // A reader that has gone away (`millrace … | head`, a closed window) is no fault of the run, which goes on.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") faults.fault ??= error;
  });
  return faults;
}

/** Open MPI gives each process a terminal, whatever its own output goes to: only mpirun knows. */
function isForwarded({ fd }: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if (env.OMPI_COMM_WORLD_RANK === undefined) return false;
  try {
    return !/^\/dev\/(pts\/|tty)/.test(readlinkSync(`/proc/${process.ppid}/fd/${fd}`));
  } catch {
    return true;
  }
}
