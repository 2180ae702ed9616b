/** `millrace ui`: a folder of runs in a browser, while they go on. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUi, type Ui } from "../src/ui/server.js";
import { chromePath, faultsOf, looks, openBrowser } from "./support/browser.js";
import { blobsSpec, newFolder, start } from "./support/cli.js";
import { millraceHere } from "./support/host.js";
import { appendEpoch, writeRun } from "./support/past-runs.js";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** With a path as it stands: `fetch` would tidy it up. */
function ask(
  { port }: Ui,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers, method }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.once("error", reject).end();
  });
}

/** A page follows within a second or two; a busy machine takes longer. */
const soon = { timeout: 30_000 };

const servers: Ui[] = [];
async function serve(folder: string): Promise<Ui & { readonly root: string }> {
  const ui = await startUi({ folder, title: "runs", port: 0 });
  servers.push(ui);
  return { ...ui, root: new URL(ui.url).pathname };
}
afterAll(() => Promise.all(servers.map((ui) => ui.close())));

describe("the server of ui", () => {
  it("gives the page, reports of its runs, and nothing else to anybody", async () => {
    const folder = await newFolder();
    const runs = join(folder, "runs");
    await writeRun(join(runs, "a ü/b"));
    await writeFile(join(runs, "a ü/b", "report.html"), "<p>its report");
    await writeFile(join(folder, "secret.txt"), "the very secret");
    await writeRun(join(runs, "sly"));
    await symlink(join(folder, "secret.txt"), join(runs, "sly", "report.html"));
    const ui = await serve(runs);
    const { root } = ui;
    // What takes long to be read follows its page.
    await expect.poll(async () => (await ask(ui, root)).text, soon).toContain("2 runs");
    const page = await ask(ui, root);
    expect(page.status).toBe(200);
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.text).toContain('<a href="report/a%20%C3%BC%2Fb">b</a>');
    expect(page.text).not.toMatch(/https?:|url\(|@import/);
    expect((await ask(ui, `${root}client.js`)).text).not.toMatch(/https?:/);
    expect((await ask(ui, `${root}report/a%20%C3%BC%2Fb`)).text).toBe("<p>its report");

    const refused: [string, number][] = [
      ["/", 403],
      [root.slice(0, -2), 403],
      [`${root}report/sly`, 404],
      [`${root}report/..`, 404],
      [`${root}report/..%2F..%2Fsecret.txt`, 404],
      [`${root}report/a%20%C3%BC/b`, 404],
      [`${root}../secret.txt`, 404],
      [`${root}report/a%00`, 404],
      [`${root}report/constructor`, 404],
      [`${root}run.json`, 404],
    ];
    for (const [path, status] of refused) {
      const answer = await ask(ui, path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.text).not.toContain("very secret");
      expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    }
    expect((await ask(ui, root, { host: "evil.example" })).status).toBe(403);
    expect((await ask(ui, root, { origin: "http://evil.example" })).status).toBe(403);
    expect(await ask(ui, root, {}, "POST")).toMatchObject({ status: 405, headers: { allow: "GET" } });
  }, 60_000);

  it("begins with an empty folder, and is ended by Ctrl-C", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "runs"));
    const ui = start(["ui", "--json"], folder);
    await ui.says("}\n");
    ui.process.kill("SIGINT");
    const { code, stdout } = await ui.ended;
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { url: string }).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/);
  }, 60_000);

  it("says what is wrong with its folder or its port", async () => {
    const folder = await newFolder();
    const missing = await millraceHere(["ui", "nowhere"], folder);
    expect(missing.stderr).toContain("nowhere must be a folder of runs, but is no folder");
    const ui = await serve(folder);
    const taken = await millraceHere(["ui", ".", "--port", String(ui.port)], folder);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(`--port must be one that is free, but ${ui.port} is not`);
  }, 60_000);
});

let browser: Browser;
beforeAll(async () => {
  if (chromePath !== undefined) browser = await openBrowser();
}, 60_000);
afterAll(async () => browser?.close());

describe.skipIf(chromePath === undefined)("ui in a browser (needs Chromium)", () => {
  it("shows a run while it goes on: its curves grow, it ends, and its report opens", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "runs"));
    const ui = await serve(join(folder, "runs"));
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(ui.url) && !request.url().startsWith("data:")) wrong.push(request.url());
    });
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => wrong.push(message.text()));
    await page.goto(ui.url);
    await page.waitForSelector("#live.on");
    await expect.poll(() => page.textContent("#runs"), soon).toContain("No run is here yet.");

    const options = { epochs: 500, stepMilliseconds: 40 };
    const spec = await blobsSpec(folder, { trainer: { use: "softmax", with: options } });
    const run = start(["run", spec, "--out", "runs/one"], folder);
    await page.waitForSelector(".runs .status.running", { timeout: 60_000 });
    await page.waitForSelector(".charts .plot .curve", { state: "attached", timeout: 60_000 });
    const course = () => page.locator(".charts .plot .curve").first().getAttribute("d");
    const early = await course();
    await expect.poll(course, { timeout: 60_000 }).not.toBe(early);
    expect(await page.textContent(".runs tbody")).toMatch(/\d of 500/);
    await page.waitForSelector(".plot .dot", { state: "attached", timeout: 60_000 });
    run.process.kill("SIGINT");
    expect((await run.ended).code).toBe(130);
    await page.waitForSelector(".runs .status.stopped", { timeout: 60_000 });
    expect(await page.locator(".plot").count()).toBe(5);
    await page.click(".runs a");
    await page.waitForURL(/report\/one$/);
    expect(await page.textContent("h1")).toContain("stopped");
    expect(wrong).toEqual([]);
    await page.close();
  }, 240_000);

  it("draws the runs that are chosen, keeps the choice and its looks, and is readable", async () => {
    const folder = await newFolder();
    for (let i = 0; i < 9; i++) {
      const record = { startedAt: new Date(Date.UTC(2026, 0, 1 + i)).toISOString() };
      await writeRun(join(folder, `run-${i}`), { record, spec: { seed: i } });
    }
    const ui = await serve(folder);
    const page = await browser.newPage();
    await page.goto(ui.url);
    await page.waitForSelector("#live.on");
    const keys = async () => (await page.locator(".keys li").allTextContents()).sort();
    await expect.poll(keys, soon).toEqual([3, 4, 5, 6, 7, 8].map((i) => `run-${i}`));
    const lookOf = (name: string) => page.locator(".keys li", { hasText: name }).getAttribute("class");
    const look = await lookOf("run-5");
    await page.click(".keys label:has-text('run-8')");
    await expect.poll(keys, soon).toHaveLength(5);
    await page.check("input[value='run-0']");
    await expect.poll(keys, soon).toHaveLength(6);
    expect(await lookOf("run-5")).toBe(look);
    await page.locator(".plot").first().hover();
    await page.waitForSelector(".readout");
    await page.check("#by-step");
    await expect.poll(() => page.locator(".unit").first().textContent(), soon).toBe("step");
    await page.reload();
    await expect.poll(keys, soon).toEqual([0, 3, 4, 5, 6, 7].map((i) => `run-${i}`));
    expect(await page.isChecked("#by-step")).toBe(true);
    await page.fill("#filter", "run-7");
    expect(await page.locator(".runs tbody tr:visible").count()).toBe(1);
    await appendEpoch(join(folder, "run-7"), 3);
    await writeRun(join(folder, "run-9"), { spec: { seed: 9 } });
    await expect.poll(() => page.textContent("#count"), soon).toBe("10 runs");
    expect(await page.locator(".runs tbody tr:visible").count()).toBe(1);
    await page.fill("#filter", "");
    for (const { width, scheme } of [looks[0], looks[3]]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme });
      expect(await faultsOf(page), `${width} ${scheme}`).toEqual([]);
    }
    await page.close();
  }, 240_000);
});
