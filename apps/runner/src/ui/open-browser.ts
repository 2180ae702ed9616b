/** The person's own browser, shown an address that no other user of the machine may read. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { html } from "../report/html.js";

/** What opens a file on each system. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/**
 * Opens the browser, if there is one. A command line can be read by every user, so it names a file that only this one may
 * read, which leads to the address. The result takes the file away.
 */
export async function openBrowser(url: string): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-ui-"));
  const file = join(folder, "open.html");
  const text = html`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><title>Millrace</title><a href="${url}">Millrace</a>`;
  await writeFile(file, text.text, { mode: 0o600 });
  const [command, ...words] = openers[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...words, pathToFileURL(file).href], { stdio: "ignore", detached: true });
  // No browser, or none that can be started from here: the address was printed.
  child.on("error", () => undefined);
  child.unref();
  return () => rm(folder, { recursive: true, force: true });
}
