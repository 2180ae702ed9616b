/** Tables that are altered while they are read, files that are damaged, and addresses at which nobody answers as expected. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConnectionsService } from "../src/connections/service.js";
import duckdbSource from "../src/duckdb.js";
import mysqlSource from "../src/mysql.js";
import postgresSource from "../src/postgres.js";
import { folder, open, opened } from "./opening.js";
import { postgresDatabase } from "./servers.js";

const context = { epoch: 0 };
const postgres = await postgresDatabase();
afterAll(() => postgres?.drop());

describe.skipIf(postgres === undefined)("a PostgreSQL whose columns are altered while it is read", () => {
  const open3 = (more: object = {}) =>
    open(postgresSource, {
      url: postgres?.url,
      table: "altered",
      features: [],
      columns: ["n", "b"],
      ...more,
    });

  it.each([{}, { access: "blocks", blockSize: 2 }])(
    "gives the same numbers from wider ones: %j",
    async (options) => {
      await postgres?.exec(`DROP TABLE IF EXISTS altered; CREATE TABLE altered (id int PRIMARY KEY, n int, b bool);
      INSERT INTO altered SELECT i, i * 1000, true FROM generate_series(1, 6) AS i`);
      const dataset = await open3(options);
      expect(await dataset.getMany?.([0, 1], context)).toEqual([
        { n: 1000, b: 1 },
        { n: 2000, b: 1 },
      ]);
      await postgres?.exec(
        "ALTER TABLE altered ALTER n TYPE bigint, ALTER id TYPE bigint, ALTER b DROP NOT NULL",
      );
      expect(await dataset.getMany?.([2, 5], context)).toEqual([
        { n: 3000, b: 1 },
        { n: 6000, b: 1 },
      ]);
      await postgres?.exec("ALTER TABLE altered ALTER n TYPE numeric");
      expect(await dataset.getMany?.([4, 3], context)).toEqual([
        { n: 5000, b: 1 },
        { n: 4000, b: 1 },
      ]);
      expect(await (await open3()).get(0, context)).toEqual({ n: 1000, b: 1 });
    },
  );

  it("says so where bytes have become a text, and reads it anew", async () => {
    await postgres?.exec(`DROP TABLE IF EXISTS altered; CREATE TABLE altered (id int PRIMARY KEY, n int, b bytea);
      INSERT INTO altered SELECT i, i, '\\x41' FROM generate_series(1, 6) AS i`);
    const connections = await ConnectionsService.create?.({});
    const again = (more: object) => {
      const options = {
        url: postgres?.url,
        table: "altered",
        features: [],
        columns: ["b"],
        connections: 1,
        ...more,
      };
      return open(postgresSource, options, connections);
    };
    const [rows, blocks] = [await again({}), await again({ access: "blocks", blockSize: 2 })];
    for (const each of [rows, blocks]) expect(await each.get(0, context)).toEqual({ b: Uint8Array.of(0x41) });
    await postgres?.exec("ALTER TABLE altered ALTER b TYPE text USING 'A'");
    for (const each of [rows, blocks])
      await expect(each.get(4, context)).rejects.toMatchObject({
        code: "TABLE_INVALID",
        message: /must keep the tables and columns/,
      });
    for (const more of [{}, { access: "blocks", blockSize: 2 }])
      expect(await (await again(more)).get(4, context)).toEqual({ b: "A" });
  });
});

describe.skipIf(postgres === undefined)("a session of PostgreSQL that is not one", () => {
  it("is told by its statements, which are gone", async () => {
    await postgres?.exec(`CREATE TABLE pooled (id int PRIMARY KEY, n int); INSERT INTO pooled VALUES (1, 5), (2, 6);
      CREATE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN 1; END $$`);
    const query = "SELECT id, n, CASE WHEN id = 2 THEN forget() ELSE 0 END AS f FROM pooled";
    const dataset = await open(postgresSource, {
      url: postgres?.url,
      query,
      key: "id",
      features: ["n"],
      columns: [],
    });
    const forgetting = await open(postgresSource, {
      url: postgres?.url,
      query,
      key: "id",
      features: ["n", "f"],
      connections: 1,
    });
    expect(await dataset.get(1, context)).toEqual({ features: Float32Array.of(6) });
    expect(await forgetting.get(0, context)).toEqual({ features: Float32Array.of(5, 0) });
    await forgetting.get(1, context);
    await expect(forgetting.get(0, context)).rejects.toMatchObject({
      code: "DATABASE_FAILED",
      message: expect.stringMatching(/one session of the server/) as string,
    });
  });
});

describe.each([
  { name: "PostgreSQL", source: postgresSource, protocol: "postgres" },
  { name: "MySQL", source: mysqlSource, protocol: "mysql" },
])("an address of $name", ({ source, protocol }) => {
  const reached = (host: string, more: object = {}) =>
    open(source, {
      url: `${protocol}://reader@${host}/d`,
      table: "t",
      retries: 0,
      connectTimeout: 0.5,
      ...more,
    });

  it("at which nobody answers, or nobody is, is said to be that", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await once(silent, "listening");
    opened.push(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    for (const host of [`127.0.0.1:${port}`, "no.such.host.invalid"])
      await expect(reached(host)).rejects.toMatchObject({
        code: "DATABASE_FAILED",
        message: expect.stringMatching(/could not be reached/) as string,
        hint: expect.stringMatching(/Check `url`/) as string,
      });
  });
});

describe.skipIf(postgres === undefined)("an address of PostgreSQL", () => {
  it("may have settings of the session, and asks for TLS where it says so", async () => {
    await postgres?.exec(
      "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.there (id int PRIMARY KEY, n int); INSERT INTO elsewhere.there VALUES (1, 5)",
    );
    const url = `${postgres?.url}?options=${encodeURIComponent("-c search_path=elsewhere")}`;
    expect(await (await open(postgresSource, { url, table: "there" })).get(0, context)).toEqual({
      features: Float32Array.of(5),
    });
    const reached = (query: string) =>
      open(postgresSource, { url: `${url}&${query}`, table: "there", retries: 0 });
    await expect(reached("sslmode=disable")).resolves.toHaveLength(1);
    // The server of the tests may have a certificate that nobody vouches for, or no TLS at all.
    for (const query of ["sslmode=require", "sslmode=verify-full", "ssl=true"])
      await expect(reached(query)).rejects.toThrow(/SSL|TLS|certificate/);
    await expect(reached("sslrootcert=ca.pem")).rejects.toThrow(
      /certificates must be named in `tls`, was `sslrootcert`/,
    );
  });
});

describe("a file that DuckDB reads in a table's place", () => {
  it.each([
    ["cut.json", '{"id": 1,', /Malformed JSON/],
    ["short.parquet", "PAR1nope", /too small/],
    ["other.parquet", "x".repeat(100), /magic bytes/],
  ])("is refused as what it is where it is damaged: %s", async (name, content, message) => {
    writeFileSync(join(folder, name), content);
    for (const read of [
      { from: name, key: "id" },
      { from: { t: name }, query: "SELECT * FROM t", key: "id" },
    ])
      await expect(open(duckdbSource, read)).rejects.toMatchObject({
        code: "FILE_FORMAT",
        message: expect.stringMatching(message) as string,
      });
  });
});
