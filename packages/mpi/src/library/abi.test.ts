import { describe, expect, it } from "vitest";
import { identify } from "./abi.js";

describe("an MPI library", () => {
  it.each([
    [
      "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022",
      "Open MPI 4.1.4",
      "Open MPI",
    ],
    ["Open MPI v5.0.0rc12, package: Open MPI root@host Distribution", "Open MPI 5.0.0rc12", "Open MPI"],
    ["IBM Spectrum MPI v10.4.0.03rtm4, package: smpi", "Spectrum MPI 10.4.0.03rtm4", "Open MPI"],
    ["MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022", "MPICH 4.0.2", "MPICH"],
    ["MPICH Version:      4.2.0b1\nMPICH Release date: unreleased", "MPICH 4.2.0b1", "MPICH"],
    ["Intel(R) MPI Library 2021.9 for Linux* OS\n", "Intel MPI 2021.9", "MPICH"],
    ["MVAPICH2 Version      :\t2.3.7\nMVAPICH2 Release date :\tWed March 02", "MVAPICH2 2.3.7", "MPICH"],
    ["MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)", "Cray MPICH 8.1.25.17", "MPICH"],
  ])("that says %j is known", (version, name, family) => {
    expect(identify(version)).toEqual({ name, family });
  });

  it("that says something else is not", () => {
    expect(identify("Microsoft MPI 10.1.12498.18")).toBeUndefined();
  });
});
