/** The functions of MPI that are used, as C declares them. */
import { MillraceError } from "@millrace/core";
import type { Abi, Handle } from "../library/abi.js";
import type { Native, NativeLibrary } from "../library/native.js";

/** MPI_THREAD_FUNNELED and MPI_THREAD_MULTIPLE: calls from the main thread alone, or from any. */
export const threadLevels = { funneled: 1, multiple: 3 } as const;

/** A call in which every rank joins: one that waits, and one that starts it and writes a request to ask after. */
export interface Collective {
  readonly name: string;
  readonly wait: Native;
  readonly start: Native;
}

/** MPI, as far as a group needs it. Errors of any call: GROUP_FAILED. */
export interface Calls {
  readonly abi: Abi;
  /** Begins MPI, and says what calls from threads it allows. */
  init(threads: number): number;
  /** Whether MPI was begun in this process, or has even ended: neither can be done twice. */
  wasInitialized(): boolean;
  finalize(): void;
  abort(code: number): void;
  rank(communicator: Handle): number;
  size(communicator: Handle): number;
  /** A communicator of the same ranks, whose calls do not mix with the other's. Every rank joins in. */
  duplicate(communicator: Handle): Handle;
  /** The ranks that run on this host. Every rank joins in. */
  splitByHost(communicator: Handle): Handle;
  free(communicator: Handle): void;
  sizeOf(type: Handle): number;
  /** Whether what wrote `request` has ended. */
  test(request: BigInt64Array): boolean;
  /** Throws for what a call returned, unless it went well. */
  check(name: string, result: number): void;
  readonly allreduce: Collective;
  readonly allgather: Collective;
  readonly allgatherv: Collective;
  readonly broadcast: Collective;
  readonly barrier: Collective;
}

/** Binds a library's functions. */
export function bindCalls(library: NativeLibrary, abi: Abi): Calls {
  const c = declare(library, abi);
  const check = (name: string, result: number) => checkResult(c.errorString, name, result);
  const numberOf = (name: string, call: Native, ...values: unknown[]): number => {
    const out = [0];
    check(name, call(...values, out));
    return out[0];
  };
  const handleOf = (name: string, call: Native, ...values: unknown[]): Handle => {
    const out = new BigInt64Array(1);
    check(name, call(...values, out));
    return abi.handle === "int" ? new Int32Array(out.buffer)[0] : out[0];
  };
  const duplicated = (name: string, handle: Handle): Handle => {
    check(name, c.setErrorHandler(handle, abi.errorsReturn));
    return handle;
  };
  const status = new Uint8Array(128);
  return {
    abi,
    init: (threads) => numberOf("MPI_Init_thread", c.init, null, null, threads),
    wasInitialized: () => numberOf("MPI_Initialized", c.initialized) !== 0,
    finalize: () => check("MPI_Finalize", c.finalize()),
    abort: (code) => check("MPI_Abort", c.abort(abi.world, code)),
    rank: (communicator) => numberOf("MPI_Comm_rank", c.rank, communicator),
    size: (communicator) => numberOf("MPI_Comm_size", c.size, communicator),
    duplicate: (from) => duplicated("MPI_Comm_dup", handleOf("MPI_Comm_dup", c.duplicate, from)),
    splitByHost: (from) => handleOf("MPI_Comm_split_type", c.split, from, abi.sharedMemory, 0, abi.noInfo),
    free: (communicator) => check("MPI_Comm_free", c.free(BigInt64Array.of(BigInt(communicator)))),
    sizeOf: (type) => numberOf("MPI_Type_size", c.sizeOf, type),
    test: (request) => {
      const done = [0];
      check("MPI_Test", c.test(request, done, status));
      return done[0] !== 0;
    },
    check,
    ...c.collectives,
  };
}

function declare(library: NativeLibrary, { handle }: Abi) {
  const f = (definition: string) => library.func(definition.replaceAll("handle ", `${handle} `));
  const collective = (name: string, parameters: string): Collective => ({
    name: `MPI_${name}`,
    wait: f(`int MPI_${name}(${parameters})`),
    start: f(`int MPI_I${name.toLowerCase()}(${parameters}, void *request)`),
  });
  return {
    init: f("int MPI_Init_thread(void *argc, void *argv, int required, _Out_ int *provided)"),
    initialized: f("int MPI_Initialized(_Out_ int *flag)"),
    finalize: f("int MPI_Finalize()"),
    abort: f("int MPI_Abort(handle comm, int code)"),
    rank: f("int MPI_Comm_rank(handle comm, _Out_ int *rank)"),
    size: f("int MPI_Comm_size(handle comm, _Out_ int *size)"),
    duplicate: f("int MPI_Comm_dup(handle comm, void *newcomm)"),
    split: f("int MPI_Comm_split_type(handle comm, int type, int key, handle info, void *newcomm)"),
    free: f("int MPI_Comm_free(void *comm)"),
    setErrorHandler: f("int MPI_Comm_set_errhandler(handle comm, handle errhandler)"),
    errorString: f("int MPI_Error_string(int code, void *string, _Out_ int *length)"),
    sizeOf: f("int MPI_Type_size(handle type, _Out_ int *size)"),
    test: f("int MPI_Test(void *request, _Out_ int *flag, void *status)"),
    // What is sent is always MPI_IN_PLACE, which is no memory: a number.
    collectives: {
      allreduce: collective(
        "Allreduce",
        "intptr_t from, void *to, int count, handle type, handle op, handle comm",
      ),
      allgather: collective(
        "Allgather",
        "intptr_t from, int sent, handle sentType, void *to, int count, handle type, handle comm",
      ),
      allgatherv: collective(
        "Allgatherv",
        "intptr_t from, int sent, handle sentType, void *to, void *counts, void *places, handle type, handle comm",
      ),
      broadcast: collective("Bcast", "void *data, int count, handle type, int root, handle comm"),
      barrier: collective("Barrier", "handle comm"),
    },
  };
}

function checkResult(errorString: Native, name: string, result: number): void {
  if (result === 0) return;
  const text = new Uint8Array(512);
  const length = [0];
  errorString(result, text, length);
  const said = new TextDecoder().decode(text.subarray(0, length[0])).replaceAll("\0", "");
  throw new MillraceError("GROUP_FAILED", `${name} failed: ${said || `error ${result}`}`, {
    hint: "a process of the group or the network between its hosts is gone; what the launcher printed says more. Start the run again with `millrace resume`",
  });
}
