/** `millrace compare`: runs of all kinds beside each other. */
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromePath, faultsOf, looks, openBrowser } from "./support/browser.js";
import { blobsSpec, newFolder } from "./support/cli.js";
import { millraceHere } from "./support/host.js";
import { writeRun } from "./support/past-runs.js";

interface Told {
  readonly runs: readonly { readonly name: string; readonly status: string }[];
  readonly differences: readonly { readonly path: string; readonly values: readonly unknown[] }[];
}

describe("compare", () => {
  it("tells what real runs came to, which was best, and what their specs differ in", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    await millraceHere(["run", spec, "--out", "runs/slow", "--set", "trainer.with.rate=0.01"], folder);
    await millraceHere(["run", spec, "--out", "runs/fast", "--set", "trainer.with.epochs=3"], folder);
    await millraceHere(["run", spec, "--out", "runs/broken", "--set", "trainer.with.fault=named"], folder);
    const { code, stdout, stderr } = await millraceHere(["compare", "runs", "--out", "page.html"], folder);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^run +status +epochs +time +accuracy +loss$/);
    expect(lines[1]).toMatch(/^1 broken +failed +0 /);
    expect(lines[2]).toMatch(/^2 fast +finished +3 .* @\d \*$/);
    expect(lines[3]).toMatch(/^3 slow +finished +2 /);
    expect(stdout).toContain("trainer.with.epochs: 2 (1 3) · 3 (2)");
    expect(stdout).toContain("trainer.with.rate: 0.5 (1 2) · 0.01 (3)");
    expect(stdout).not.toContain("  seed");
    const page = await readFile(join(folder, "page.html"), "utf8");
    expect(page).toContain('href="runs/fast/report.html"');
    expect(page).toContain("the loss must be a number, was NaN");
    expect(page.match(/(?:src|href)="(?!data:|runs\/)/g)).toBeNull();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/url\(|@import|https?:/);
  }, 120_000);

  it("bears runs that are unfinished, lost, resumed, cut off, of other metrics, and without a spec", async () => {
    const folder = await newFolder();
    const at = (name: string) => join(folder, name);
    await writeRun(at("going"), {
      record: { status: "running", pid: process.pid, host: hostname(), finishedAt: undefined },
    });
    await writeRun(at("lost"), {
      record: { status: "running", pid: 2 ** 22 + 1, host: hostname(), finishedAt: undefined },
    });
    await writeRun(at("resumed"), {
      record: { resumeFrom: "going" },
      metric: "f1",
      lossAt: () => Number.NaN,
    });
    await writeRun(at("unborn"), { epochs: 0 });
    await appendFile(join(at("going"), "metrics.jsonl"), '{"type":"epoch","epo');
    await rm(join(at("unborn"), "spec.json"));
    await writeFile(join(at("unborn"), "run.json"), "{");
    const { code, stdout } = await millraceHere(["compare", ".", "--json"], folder);
    expect(code).toBe(0);
    const { runs, differences } = JSON.parse(stdout) as Told;
    expect(runs.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "going running",
      "lost lost",
      "resumed finished",
      "unborn unknown",
    ]);
    expect(runs[0]).toMatchObject({ epochs: 3, metrics: { validation: { loss: { best: { epoch: 2 } } } } });
    expect(runs[2]).toMatchObject({ resumedFrom: "going", metrics: { train: { f1: { last: null } } } });
    expect(runs[3]).toMatchObject({ epochs: 0, metrics: {} });
    expect(differences).toEqual([]);
  }, 60_000);

  it("refuses what is no run, and to write over what is no comparison", async () => {
    const folder = await newFolder();
    await writeRun(join(folder, "one"));
    await writeFile(join(folder, "mine.txt"), "mine");
    const other = await millraceHere(["compare", "one", "--out", "mine.txt"], folder);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(
      "the page must be a new file or an older comparison, but mine.txt is something else",
    );
    expect(await readFile(join(folder, "mine.txt"), "utf8")).toBe("mine");
    await millraceHere(["compare", "one", "--out", "page.html"], folder);
    expect((await millraceHere(["compare", "one", "--out", "page.html"], folder)).code).toBe(0);
    const none = await millraceHere(["compare", "one", "two"], folder);
    expect(none.stderr).toContain("two must be the folder of a run or of several, but is not there");
  }, 60_000);
});

let browser: Browser;
beforeAll(async () => {
  if (chromePath !== undefined) browser = await openBrowser();
}, 60_000);
afterAll(async () => browser?.close());

describe.skipIf(chromePath === undefined)("a comparison in a browser (needs Chromium)", () => {
  it("is readable with 20 runs, takes lines away, and counts in epochs, steps or time", async () => {
    const folder = await newFolder();
    for (let i = 0; i < 20; i++) {
      const lossAt = (moment: number) => 2.5 * Math.exp(-moment * (0.1 + i / 20)) + 0.01;
      const spec = { seed: i, loader: { batchSize: 16 * (1 + (i % 3)) } };
      const metric = i % 4 === 0 ? "f1" : "accuracy";
      await writeRun(join(folder, `a-spec-of-some-name-20261126-1200${10 + i}`), {
        lossAt,
        spec,
        metric,
        epochs: 6,
      });
    }
    await millraceHere(["compare", ".", "--out", "page.html"], folder);
    const text = await readFile(join(folder, "page.html"), "utf8");
    for (const { width, scheme } of [looks[0], looks[3]]) {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
      await page.setContent(text);
      expect(await faultsOf(page), `${width} ${scheme}`).toEqual([]);
      await page.close();
    }
    const page = await browser.newPage();
    await page.setContent(text);
    const lines = page.locator(".plot .curve:visible");
    // Losses, a metric and the learning rate: six lines of each run.
    expect(await lines.count()).toBe(120);
    await page.uncheck("#show-4");
    expect(await lines.count()).toBe(114);
    const unit = page.locator(".unit:visible").first();
    expect(await unit.textContent()).toBe("epoch");
    await page.hover(".keys .row-3");
    const opacity = (run: number) =>
      page.evaluate(`getComputedStyle(document.querySelector(".charts.by-epoch .run-${run}")).opacity`);
    expect([await opacity(3), await opacity(2)]).toEqual(["1", "0.15"]);
    const plot = page.locator(".plot:visible").first();
    await plot.hover({ position: { x: 1, y: 40 } });
    // Training begins at 2.51 e^-t/10…: the validation loss is 1.1 times that.
    const readout = page.locator(".readout");
    expect(await readout.textContent()).toMatch(/^epoch 1/);
    const told = await readout.locator("[class^=run-]").allTextContents();
    expect(told).toHaveLength(12);
    const loss = 1.1 * (2.5 * Math.exp(-0.1) + 0.01);
    expect(Math.abs(Number.parseFloat(told[0]) - loss)).toBeLessThan(0.01);
    expect(told[0]).toMatch(/ a-spec-of-some-name-20261126-120010$/);
    await page.check("#by-step");
    expect(await unit.textContent()).toBe("step");
    await page.check("#by-second");
    expect(await unit.textContent()).toBe("second of training");
    await page.close();
  }, 240_000);
});
