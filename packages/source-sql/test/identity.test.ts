/** What identifies a row where a database's own words for it say less than they seem to. */
import { type Dataset, heapAllocator } from "@millrace/core";
import { afterAll, describe, expect, it } from "vitest";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import { open } from "./opening.js";
import { mysqlDatabase, postgresDatabase } from "./servers.js";

const postgres = await postgresDatabase();
const mysql = await mysqlDatabase();
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

const context = { epoch: 0 };
const namesOf = (dataset: Dataset) => Array.from({ length: dataset.length }, (_, i) => dataset.key?.(i));
const featuresOf = async (dataset: Dataset, indices: readonly number[]) => {
  const batch = await dataset.getBatch?.(indices, context, heapAllocator);
  return Array.from((batch as { features: { data: ArrayLike<number> } }).features.data);
};

describe.skipIf(mysql === undefined)("a table of MySQL", () => {
  it("is keyed by all columns of a primary key, those too of which it holds the beginning", async () => {
    await mysql?.exec(`CREATE TABLE pages (site int, path varchar(255), x double, PRIMARY KEY (site, path(10)));
      INSERT INTO pages VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3)`);
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "pages" });
    expect(namesOf(dataset)).toEqual([
      'pages site=1 path="a"',
      'pages site=1 path="b"',
      'pages site=2 path="a"',
    ]);
    expect(await featuresOf(dataset, [0])).toEqual([1]);
    expect(await featuresOf(dataset, [2, 1, 0])).toEqual([3, 2, 1]);
  });

  it("is keyed by the one column of which its primary key holds the beginning", async () => {
    await mysql?.exec(`CREATE TABLE links (url text, x double, PRIMARY KEY (url(10)));
      INSERT INTO links VALUES ('a', 1), ('b', 2)`);
    const dataset = await open(mysqlSource, { url: mysql?.url, table: "links" });
    expect(namesOf(dataset)).toEqual(['links url="a"', 'links url="b"']);
  });

  it("has no value where a date is of zeros: NaN in a batch, and left out where a field says so", async () => {
    await mysql?.exec(`SET SESSION sql_mode = ''; CREATE TABLE dated (id int PRIMARY KEY, d date NOT NULL);
      INSERT INTO dated VALUES (1, '0000-00-00'), (2, '2020-01-01')`);
    const asked = { url: mysql?.url, table: "dated", features: [] };
    const dataset = await open(mysqlSource, { ...asked, columns: ["d"] });
    expect(await dataset.getBatch?.([0, 1], context, heapAllocator)).toMatchObject({
      d: { dtype: "float64", data: Float64Array.of(Number.NaN, 1_577_836_800) },
    });
    const dropped = await open(mysqlSource, { ...asked, columns: { d: { type: "date", missing: "drop" } } });
    expect(namesOf(dropped)).toEqual(["dated id=2"]);
    expect(await dropped.get(0, context)).toEqual({ d: 1_577_836_800 });
  });
});

describe.skipIf(postgres === undefined)("a table of PostgreSQL from which others inherit", () => {
  it("is refused where two of them have the same key", async () => {
    await postgres?.exec(`CREATE TABLE cities (id int PRIMARY KEY, x float8); CREATE TABLE capitals () INHERITS (cities);
      INSERT INTO cities VALUES (1, 1), (2, 2); INSERT INTO capitals VALUES (2, 20), (4, 4)`);
    await expect(open(postgresSource, { url: postgres?.url, table: "cities" })).rejects.toThrow(
      'the key "id" of table "cities" must be unique, but id=2 is there twice',
    );
  });

  it("is read with the rows of all of them", async () => {
    await postgres?.exec(`CREATE TABLE towns (id int PRIMARY KEY, x float8); CREATE TABLE ports () INHERITS (towns);
      INSERT INTO towns VALUES (1, 1), (3, 3); INSERT INTO ports VALUES (2, 2)`);
    const dataset = await open(postgresSource, { url: postgres?.url, table: "towns" });
    expect(namesOf(dataset)).toEqual(["towns id=1", "towns id=2", "towns id=3"]);
    expect(await featuresOf(dataset, [0, 1, 2])).toEqual([1, 2, 3]);
  });
});
