/** Chromium, where this machine has it, and what a page looks like in it. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { fixture } from "./cli.js";

export const chromePath = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromePath, args: ["--no-sandbox"] });
}

/** The sizes and schemes that pages are looked at in. */
export const looks = [360, 1400].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
);

/** What could not be read there: letters too small, contrasts too weak, labels over each other, what wraps or sticks out. */
export async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(await readFile(fixture("page-faults.js"), "utf8"));
}

/** Shows `html` in each look, and collects what is wrong in any. */
export async function faultsInLooks(browser: Browser, html: string, tried = looks): Promise<string[]> {
  const faults: string[] = [];
  for (const { width, scheme } of tried) {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    await page.setContent(html);
    faults.push(...(await faultsOf(page)).map((fault) => `${width} ${scheme}: ${fault}`));
    await page.close();
  }
  return faults;
}
