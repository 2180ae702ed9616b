import { defineConfig } from "vitest/config";

/** What every package's suite shares; workers are tested from the built output, which Node loads itself. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    // Only what hangs takes so long: a busy machine may need a minute to start a few threads.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["default", "json"],
    outputFile: { json: ".vitest/report.json" },
    server: { deps: { external: [/\/dist\//] } },
  },
});
