/** Where MPI libraries lie. */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type Environment, MillraceError, messageOf } from "@millrace/core";
import type { Family, Launcher } from "../launcher.js";
import type { Koffi, NativeLibrary } from "./native.js";

/** The variable by which a person names the library. */
const named = "MILLRACE_MPI_LIBRARY";

interface Places {
  /** What the system's loader is asked for, and folders that distributions keep out of its way. */
  readonly libraries: readonly string[];
  /** Programs that are installed beside the library, by which its folder is found. */
  readonly programs: readonly string[];
  readonly install: string;
}

const places: Readonly<Record<Family, Places>> = {
  "Open MPI": {
    libraries: ["libmpi.so.40", "/usr/lib64/openmpi/lib/libmpi.so.40", "libmpi.40.dylib"],
    programs: ["ompi_info"],
    install: "`apt install openmpi-bin`, or `dnf install openmpi` and `module load mpi/openmpi-x86_64`",
  },
  MPICH: {
    libraries: ["libmpich.so.12", "libmpi.so.12", "/usr/lib64/mpich/lib/libmpi.so.12", "libmpi.12.dylib"],
    programs: ["mpichversion", "impi_info", "mpiexec.hydra"],
    install: "`apt install mpich`, or `dnf install mpich` and `module load mpi/mpich-x86_64`",
  },
};

/** A library that was loaded, and what it was asked for by. */
export interface FoundLibrary {
  readonly library: NativeLibrary;
  readonly path: string;
}

/**
 * The library that goes with the launcher, loaded with its names visible to its own plugins. Only one is ever loaded: a
 * second would find the first one's functions. Errors: GROUP_UNAVAILABLE.
 */
export function findLibrary(koffi: Koffi, launcher: Launcher, environment: Environment): FoundLibrary {
  const asked = environment[named];
  const candidates = asked === undefined || asked === "" ? candidatesFor(launcher, environment) : [asked];
  const faults: string[] = [];
  for (const path of candidates) {
    try {
      return { library: koffi.load(path, { global: true }), path };
    } catch (error) {
      faults.push(
        `${path}: ${messageOf(error)
          .split("\n")[0]
          .replace(/^Failed to load shared library: /, "")}`,
      );
    }
  }
  const who = launcher.rank === undefined ? "" : ` as rank ${launcher.rank}`;
  const none = asked === undefined ? "no MPI library can be loaded" : `${named} cannot be loaded`;
  throw new MillraceError("GROUP_UNAVAILABLE", `${launcher.name} started this process${who}, but ${none}`, {
    details: faults,
    hint: `${cure(launcher.family)}; or name the library: ${named}=/path/to/libmpi.so`,
  });
}

/** What to install, for a launcher whose library is known or not. */
function cure(family: Family | undefined): string {
  const families: readonly Family[] = family === undefined ? ["Open MPI", "MPICH"] : [family];
  const each = families.map((one) => `${one}: ${places[one].install}`);
  return `install on every host the library that belongs to the launcher. ${each.join(". ")}`;
}

function candidatesFor({ family }: Launcher, environment: Environment): string[] {
  const others: readonly Family[] = family === "MPICH" ? ["MPICH", "Open MPI"] : ["Open MPI", "MPICH"];
  const found = others.flatMap((one) => [
    ...besidePrograms(places[one].programs, environment),
    ...places[one].libraries,
  ]);
  const suffix = process.platform === "darwin" ? /\.dylib$/ : /\.so[.\d]*$/;
  return [...new Set(found)].filter((path) => suffix.test(path));
}

/** `lib` beside the `bin` of the first of these programs that PATH has: what `module load` or an own prefix brings. */
function besidePrograms(programs: readonly string[], environment: Environment): string[] {
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders) {
    const program = programs.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (program === undefined) continue;
    const prefix = dirname(dirname(realpathSync(program)));
    const inside = ["lib/release/libmpi.so", "lib/libmpi.so", "lib64/libmpi.so", "lib/libmpi.dylib"];
    return inside.map((name) => join(prefix, name)).filter((path) => existsSync(path));
  }
  return [];
}
