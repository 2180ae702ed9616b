/** Adds up the suites' reports; its last line says how many tests passed, failed and were skipped. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const folder of ["packages", "apps"].flatMap((top) => readdirSync(top).map((name) => join(top, name)))) {
  let report;
  try {
    report = JSON.parse(readFileSync(join(folder, ".vitest/report.json"), "utf8"));
  } catch {
    process.stdout.write(`${folder}: no report\n`);
    totals.failed++;
    continue;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report;
  // A file that fails to load fails no test of its own.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  totals.passed += numPassedTests;
  totals.failed += numFailedTests + brokenFiles.length;
  totals.skipped += numPendingTests + numTodoTests;
  for (const { assertionResults } of testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === "skipped" || status === "pending")
        process.stdout.write(`skipped: ${folder}: ${fullName}\n`);
    }
  }
}
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
