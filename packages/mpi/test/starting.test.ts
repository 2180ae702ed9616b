import { describe, expect, it } from "vitest";
import { launchers, startRanks } from "./launchers.js";

const [openMpi, mpich] = launchers;
const both = openMpi.program !== undefined && mpich.program !== undefined;

for (const launcher of launchers)
  describe.skipIf(launcher.program === undefined)(`by ${launcher.name}`, () => {
    it("finds the library that belongs to its launcher, without being told", async () => {
      const { told, code } = await startRanks(launcher, 2, "open.mjs");
      const description = expect.stringContaining(launcher.name) as unknown;
      const each = { launched: true, loadedBefore: false, size: 2, sum: 2, description };
      expect(told).toEqual([each, each]);
      expect(code).toBe(0);
    });

    it("does without threads on all ranks where one of them cannot have them, and says so", async () => {
      const { told, code } = await startRanks(launcher, 2, "open.mjs", {
        environment: { LOADS_BEFORE: "1" },
      });
      expect(code).toBe(0);
      expect(told).toMatchObject([
        { size: 2, sum: 2, warnings: [expect.stringContaining("or another rank lacks it") as unknown] },
        { size: 2, sum: 2, warnings: [expect.stringContaining("another native library") as unknown] },
      ]);
    });

    it("is not opened where the launcher started one process", async () => {
      const { told, code } = await startRanks(launcher, 1, "open.mjs");
      expect(told).toEqual([{ launched: false, loadedBefore: false }]);
      expect(code).toBe(0);
    });

    it("says what to install where there is no library", async () => {
      const environment = { MILLRACE_MPI_LIBRARY: "/nowhere/libmpi.so" };
      const { told, code } = await startRanks(launcher, 2, "open.mjs", { environment });
      for (const one of told as readonly Record<string, string>[]) {
        expect(one.code).toBe("GROUP_UNAVAILABLE");
        expect(one.message).toMatch(
          /started this process as rank [01], but MILLRACE_MPI_LIBRARY cannot be loaded/,
        );
        expect(one.message).toContain("/nowhere/libmpi.so");
        expect(one.message).toContain(launcher === openMpi ? "apt install openmpi-bin" : "apt install mpich");
      }
      expect(told.length).toBeGreaterThan(0);
      expect(code).not.toBe(0);
    });

    it("refuses a library that is none of MPI", async () => {
      const environment = { MILLRACE_MPI_LIBRARY: "libm.so.6" };
      const { told } = await startRanks(launcher, 2, "open.mjs", { environment });
      for (const one of told as readonly Record<string, string>[]) {
        expect(one.code).toBe("GROUP_UNAVAILABLE");
        expect(one.message).toContain("libm.so.6 is no MPI library");
      }
      expect(told.length).toBeGreaterThan(0);
    });
  });

describe.skipIf(!both)("the library of another launcher", () => {
  it.each([
    [openMpi, mpich],
    [mpich, openMpi],
  ])("is refused with its cure: started by $name, loaded from the other", async (launcher, other) => {
    const environment = { MILLRACE_MPI_LIBRARY: other.library };
    const { told, code } = await startRanks(launcher, 2, "open.mjs", { environment });
    // The first that ends may take the others along.
    expect(told.length).toBeGreaterThan(0);
    for (const one of told as readonly Record<string, string>[]) {
      expect(one.code).toBe("GROUP_UNAVAILABLE");
      expect(one.message).toMatch(/started 2 processes, of which .* finds 1/);
      expect(one.message).toContain(other === mpich ? "mpirun.mpich" : "mpirun.openmpi");
    }
    expect(code).not.toBe(0);
  });
});
