import { testGroup } from "@millrace/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { launchers, startRanks } from "./launchers.js";

const module = new URL("../dist/index.js", import.meta.url);

interface Told {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  readonly description: string;
  readonly found: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  readonly wasm: string;
}

for (const launcher of launchers)
  describe.skipIf(launcher.program === undefined)(`by ${launcher.name}`, () => {
    testGroup({ module, name: "mpi", sizes: [2, 4], launcher: (...ranks) => launcher.command(...ranks) });

    describe.each([2, 4])("on %d ranks", (size) => {
      let ended: Awaited<ReturnType<typeof startRanks>>;
      let told: readonly Told[];
      beforeAll(async () => {
        ended = await startRanks(launcher, size, "laws.mjs");
        told = ended.told as readonly Told[];
      });

      it("holds every law, with threads, without, and in pieces", () => {
        expect(ended.text).toBe("");
        expect(ended.code).toBe(0);
        expect(told).toHaveLength(size);
      });

      it("knows each rank's place on its host, and says what connects them", () => {
        for (const [rank, one] of told.entries()) {
          expect(one).toMatchObject({ rank, size, localRank: rank, localSize: size, warnings: [] });
          expect(one.description).toMatch(
            new RegExp(`^${launcher.name} \\d+\\.[\\d.]+, ${size} ranks on 1 host$`),
          );
        }
      });

      it("has the same bits on every rank", () => {
        const results = told.map(({ found }) =>
          Object.fromEntries(Object.entries(found).filter(([key]) => !key.startsWith("loop"))),
        );
        for (const result of results) expect(result).toEqual(results[0]);
      });

      it("lets the cores rest that wait for a late rank", () => {
        for (const { found } of told) {
          // A second of waiting, of which asking without a pause may take 30 ms.
          expect(found["loop with threads"]).toBeLessThan(500);
          expect(found["loop without threads"]).toBeLessThan(500);
        }
      });

      it("leaves WebAssembly the signal by which it notices an access out of bounds", () => {
        for (const { wasm } of told) expect(wasm).toBe("memory access out of bounds");
      });
    });

    it.each(["stop", "stop, small"])(
      "does not wait for ever for a rank that stands still: %s",
      async (how) => {
        const environment = { MILLRACE_GROUP_TIMEOUT: "2" };
        const { code, text, milliseconds } = await startRanks(launcher, 3, "stuck.mjs", {
          words: [how],
          environment,
        });
        expect(code).not.toBe(0);
        expect(text).toContain("GROUP_FAILED: every rank must come to MPI_Allreduce, but has not within 2 s");
        expect(text).not.toContain("went on");
        expect(milliseconds).toBeLessThan(90_000);
      },
    );

    describe("where a rank ends while all wait on threads", () => {
      it.each([
        ["kill", /^[1-9]\d*$/],
        ["abort", /^7$/],
      ])("ends the job after %s", async (how, exitCode) => {
        const { code, text, milliseconds } = await startRanks(launcher, 3, "stuck.mjs", { words: [how] });
        expect(String(code)).toMatch(exitCode);
        expect(text).not.toContain("went on");
        // Far less than the two and a half minutes after which the test itself would end it.
        expect(milliseconds).toBeLessThan(90_000);
      });
    });
  });
