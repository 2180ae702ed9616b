import { defineConfig } from "vitest/config";

/** What every package's suite shares; workers are tested from the built output, which Node loads itself. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ["default", "json"],
    outputFile: { json: ".vitest/report.json" },
    server: { deps: { external: [/\/dist\//] } },
  },
});
