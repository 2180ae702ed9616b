/** A folder of a test file's own, and sources that are opened in it and closed after each test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dataset, Plugin } from "@millrace/core";
import { afterAll, afterEach } from "vitest";
import { type Connections, ConnectionsService } from "../src/connections/service.js";

export const folder = mkdtempSync(join(tmpdir(), "millrace-odd-"));
/** What is called after each test. */
export const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** With connections of its own, unless others are given. */
export async function open(source: Plugin<"source">, options: object, given?: Connections): Promise<Dataset> {
  const connections = given ?? (await ConnectionsService.create?.({}));
  const context = { baseUrl: pathToFileURL(`${folder}/`), seed: 1, connections } as never;
  const dataset = (await source.create(source.options.parse(options), context)) as Dataset;
  opened.push(() => dataset.close?.());
  return dataset;
}
