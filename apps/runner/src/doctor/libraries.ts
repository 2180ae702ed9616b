/** Libraries of the system that make something faster or possible. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { jpegDecoder } from "@millrace/source-fs";
import { type Finding, finding } from "./finding.js";

export function libraryFindings(env: NodeJS.ProcessEnv): Finding[] {
  const { decoder, reason, faster } = jpegDecoder();
  const launcher = onPath(["mpirun", "mpiexec", "srun"], env);
  return [
    finding(
      "libraries",
      "JPEG",
      `${decoder}: ${reason}`,
      faster && `\`${faster}\`, and it is several times as fast.`,
      true,
    ),
    launcher === undefined
      ? finding(
          "libraries",
          "MPI",
          "no mpirun on the PATH: one process trains, and sockets join others",
          "On Debian `apt-get install openmpi-bin` for several processes and machines.",
          true,
        )
      : finding("libraries", "MPI", launcher),
  ];
}

function onPath(names: readonly string[], { PATH = "" }: NodeJS.ProcessEnv): string | undefined {
  const endings = process.platform === "win32" ? [".exe"] : [""];
  return PATH.split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => names.flatMap((name) => endings.map((ending) => join(folder, `${name}${ending}`))))
    .find((path) => existsSync(path));
}
