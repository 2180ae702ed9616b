/** Databases in a temporary folder of the test file's own, and datasets opened from them and closed after each test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dataset } from "@millrace/core";
import Database from "libsql";
import { afterAll, afterEach, beforeAll } from "vitest";
import plugins, { type SqlSample } from "../src/index.js";

const [plugin] = plugins;
let folder: string;
const opened: Dataset[] = [];

/** Makes the folder before this file's tests, with the database `tables.db`, and removes it after them. */
export function useDatabases(fillTables: (database: Database.Database) => void): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace ünïcode #1% "));
    writeDatabase("tables.db", fillTables);
  });
  afterEach(async () => {
    for (const dataset of opened.splice(0)) await dataset.close?.();
  });
  afterAll(() => rm(folder, { recursive: true }));
}

export const pathOf = (name: string) => join(folder, name);
export const baseUrl = () => pathToFileURL(`${folder}/`);

/** Makes a database in the folder and returns its path. */
export function writeDatabase(name: string, fill: (database: Database.Database) => void): string {
  const database = new Database(pathOf(name));
  fill(database);
  database.close();
  return pathOf(name);
}

/** Opens a table, of `tables.db` unless the options have another path. */
export async function open(options: object, labels?: readonly string[], shared?: unknown): Promise<Dataset> {
  const checked = plugin.options.parse({ path: "tables.db", ...options });
  const dataset = (await plugin.create(checked, {
    baseUrl: baseUrl(),
    seed: 1,
    ...(labels && { facts: { labels } }),
    shared,
  })) as Dataset;
  opened.push(dataset);
  return dataset;
}

export function many(dataset: Dataset, indices: readonly number[]): SqlSample[] {
  return dataset.getMany?.(indices, { epoch: 0 }) as SqlSample[];
}
