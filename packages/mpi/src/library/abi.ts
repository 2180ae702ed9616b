/** The binary interfaces of MPI libraries: what mpi.h would have told a compiler. */
import { MillraceError } from "@millrace/core";
import type { Family } from "../launcher.js";
import type { NativeLibrary } from "./native.js";

/** A communicator, element type or operation, as the library takes it. */
export type Handle = number | bigint;

/** What differs between the libraries. */
export interface Abi {
  readonly family: Family;
  /** The C type of handles: pointers to structs of Open MPI's, numbers of MPICH's. */
  readonly handle: "intptr_t" | "int";
  /** MPI_IN_PLACE, which stands for an address. */
  readonly inPlace: number;
  /** MPI_COMM_TYPE_SHARED: the processes that share a host's memory. */
  readonly sharedMemory: number;
  readonly world: Handle;
  readonly byte: Handle;
  readonly float: Handle;
  readonly double: Handle;
  readonly sum: Handle;
  readonly max: Handle;
  readonly noInfo: Handle;
  readonly errorsReturn: Handle;
}

/** MPICH, Intel MPI, MVAPICH and Cray MPICH agreed on these in 2013. */
const mpich: Abi = {
  family: "MPICH",
  handle: "int",
  inPlace: -1,
  sharedMemory: 1,
  world: 0x44000000,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  double: 0x4c00080b,
  sum: 0x58000003,
  max: 0x58000001,
  noInfo: 0x1c000000,
  errorsReturn: 0x54000001,
};

/**
 * Open MPI 4 and 5: mpi.h's handles are the addresses of these variables. The numbers that MPI_Type_f2c takes would do
 * as well, but not in a library that was built without Fortran.
 */
function openMpi(library: NativeLibrary): Abi {
  return {
    family: "Open MPI",
    handle: "intptr_t",
    inPlace: 1,
    sharedMemory: 0,
    world: library.symbol("ompi_mpi_comm_world"),
    byte: library.symbol("ompi_mpi_byte"),
    float: library.symbol("ompi_mpi_float"),
    double: library.symbol("ompi_mpi_double"),
    sum: library.symbol("ompi_mpi_op_sum"),
    max: library.symbol("ompi_mpi_op_max"),
    noInfo: library.symbol("ompi_mpi_info_null"),
    errorsReturn: library.symbol("ompi_mpi_errors_return"),
  };
}

/** What MPI_Get_library_version says: the first part is the name, the second the version. */
const patterns: readonly [RegExp, Family][] = [
  [/(Open MPI) v?(\d[\w.]*)/, "Open MPI"],
  [/(Spectrum MPI) v?(\d[\w.]*)/, "Open MPI"],
  [/^(MPICH) Version:\s*(\d[\w.]*)/, "MPICH"],
  [/^(Intel\(R\) MPI) Library (\d[\w.]*)/, "MPICH"],
  [/^(MVAPICH\d?)(?:-\w+)? Version\s*:\s*(\d[\w.]*)/, "MPICH"],
  [/(CRAY MPICH) version (\d[\w.]*)/, "MPICH"],
];

/** A library's name and version as a person knows them, "Open MPI 4.1.4", and its family; undefined for an unknown one. */
export function identify(version: string): { readonly name: string; readonly family: Family } | undefined {
  for (const [pattern, family] of patterns) {
    const found = pattern.exec(version);
    if (found === null) continue;
    return { name: `${found[1].replace("(R)", "").replace("CRAY", "Cray")} ${found[2]}`, family };
  }
  return undefined;
}

/** What a loaded library is, and its interface. Errors: GROUP_UNAVAILABLE. */
export function chooseAbi(
  library: NativeLibrary,
  path: string,
): { readonly name: string; readonly abi: Abi } {
  const version = libraryVersion(library, path);
  const known = identify(version);
  if (known !== undefined)
    return { name: known.name, abi: known.family === "MPICH" ? mpich : openMpi(library) };
  throw new MillraceError(
    "GROUP_UNAVAILABLE",
    `the MPI library must be Open MPI, or one of MPICH's kin; ${path} says it is "${version.split("\n")[0]}"`,
    {
      hint: "name another by MILLRACE_MPI_LIBRARY=/path/to/libmpi.so, and start with the mpirun that belongs to it",
    },
  );
}

function libraryVersion(library: NativeLibrary, path: string): string {
  const text = new Uint8Array(8192);
  const length = [0];
  try {
    library.func("int MPI_Get_library_version(void *version, _Out_ int *length)")(text, length);
  } catch (cause) {
    throw new MillraceError("GROUP_UNAVAILABLE", `${path} is no MPI library`, {
      hint: "name one by MILLRACE_MPI_LIBRARY=/path/to/libmpi.so",
      cause,
    });
  }
  return new TextDecoder().decode(text.subarray(0, length[0])).replace(/\0.*$/s, "").trim();
}
