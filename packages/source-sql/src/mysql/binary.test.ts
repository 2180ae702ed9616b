import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { mysqlDatabase } from "../../test/servers.js";
import { addressOf } from "../connections/address.js";
import { connectionShape } from "../connections/options.js";
import type { Session } from "../connections/session.js";
import { type Fillable, put, type SqlRow } from "../driver.js";
import { RowWriter } from "./binary.js";
import { openMysql } from "./session.js";
import { z } from "zod";

const database = await mysqlDatabase();
afterAll(() => database?.drop());

const types = {
  i8: "tinyint",
  u8: "tinyint unsigned",
  i16: "smallint",
  u16: "smallint unsigned",
  i24: "mediumint",
  u24: "mediumint unsigned",
  i32: "int",
  u32: "int unsigned",
  i64: "bigint",
  u64: "bigint unsigned",
  f32: "float",
  f64: "double",
  y: "year",
  word: "varchar(300) CHARACTER SET utf8mb4",
  latin: "varchar(20) CHARACTER SET latin1",
  bin: "varbinary(20)",
  kind: "enum('a', 'ä')",
  price: "decimal(20, 4)",
} as const;
const names = Object.keys(types) as (keyof typeof types)[];

const rows = [
  "(-128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 1.5, 0.1, 1901, '', '', '', 'a', -1)",
  "(127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, -3e38, -1e300, 2155, 'zoë € 😀', 'zoë', x'00ff80', 'ä', 1e15)",
  "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
  `(-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, 0, -0e0, 2000, '${"ä".repeat(290)}', 'b', x'', NULL, 0.5)`,
  "(1, 1, 1, 1, 1, 1, 1, 1, 9007199254740993, 9007199254740991, 16777217, 5e-324, 2024, 'x', NULL, NULL, 'a', NULL)",
];

type Kind = "cells" | "int32" | "float64" | "int64" | "list";

function columnOf(kind: Kind, width: number, at: number): Fillable {
  if (kind === "cells") return { data: new Float32Array(rows.length * width).fill(7), width, at, length: 5 };
  if (kind === "int32") return new Int32Array(rows.length);
  if (kind === "float64") return new Float64Array(rows.length);
  return kind === "int64" ? new BigInt64Array(rows.length) : [];
}

/** What filling makes of it, or where it stops. */
async function told(fill: () => number | Promise<number>, columns: readonly Fillable[]): Promise<unknown> {
  try {
    return [await fill(), columns];
  } catch (error) {
    const { name, row, value } = error as { name: string; row: number; value: unknown };
    return [name, row, String(value)];
  }
}

/** One value after the other, of rows that mysql2 read itself. */
function putAll(found: readonly SqlRow[], columns: readonly Fillable[]): number {
  for (const [row, values] of found.entries())
    for (const [i, column] of columns.entries()) put(column, row, values[i]);
  return found.length;
}

describe.skipIf(database === undefined)("rows of MySQL's binary protocol", () => {
  let session: Session | undefined;
  const opened = async (): Promise<Session> => {
    const options = z.strictObject(connectionShape).parse({ url: database?.url });
    const rules = { protocols: ["mysql"], port: 3306 };
    session ??= await openMysql(await addressOf(options, new URL(import.meta.url), rules), options);
    return session;
  };
  beforeAll(async () => {
    const columns = names.map((name) => `${name} ${types[name]}`);
    await database?.exec(`SET SESSION sql_mode = '';
      CREATE TABLE kinds (id int AUTO_INCREMENT PRIMARY KEY, ${columns.join(", ")});
      INSERT INTO kinds (${names.join(", ")}) VALUES ${rows.join(", ")}`);
  });
  afterEach(async () => {
    await session?.close();
    session = undefined;
  });

  const chosen = fc.record({
    picked: fc
      .uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: names.length })
      .chain((picked) =>
        fc.tuple(
          ...picked.map((name) =>
            fc.tuple(
              fc.constant(name),
              fc.constantFrom<Kind>("cells", "int32", "float64", "int64", "list", "list", "cells"),
            ),
          ),
        ),
      ),
    where: fc.subarray([1, 2, 3, 4, 5]),
  });

  it("gives what mysql2 reads, or stops at the same value, for all types into all arrays", async () => {
    const asked = await opened();
    await fc.assert(
      fc.asyncProperty(chosen, async ({ picked, where }) => {
        const sql = `SELECT ${picked.map(([name]) => name).join(", ")} FROM kinds WHERE id IN (${[0, ...where].join(", ")}) ORDER BY id`;
        const own = picked.map(([, kind], at) => columnOf(kind, picked.length, at));
        const theirs = picked.map(([, kind], at) => columnOf(kind, picked.length, at));
        const found = await asked.rows(sql, [], { exact: true });
        expect(await told(() => asked.fill(sql, [], own), own)).toEqual(
          await told(() => putAll(found, theirs), theirs),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("are read from their bytes but where a type has no place of its own in them", () => {
    const field = { schema: "", orgTable: "", orgName: "", columnLength: 0, flags: 0, encoding: "utf8" };
    const of = (columnType: number, extendedFormat?: string): unknown =>
      RowWriter.of(
        [{ ...field, name: "x", columnType, characterSet: 45, ...(extendedFormat && { extendedFormat }) }],
        [[]],
      );
    const [decimal, date, json] = [246, 12, 245];
    expect([of(5), of(8), of(253)].every((writer) => writer instanceof RowWriter)).toBe(true);
    expect([of(decimal), of(date), of(json), of(252, "json")]).toEqual(Array(4).fill(undefined));
  });

  it("count beyond their arrays, and leave the connection as it was after a value that does not fit", async () => {
    const asked = await opened();
    const short = new Int32Array(2);
    expect(await asked.fill("SELECT id FROM kinds ORDER BY id", [], [short])).toBe(5);
    expect(short).toEqual(new Int32Array([1, 2]));
    const sql = "SELECT i64 FROM kinds ORDER BY id";
    await expect(asked.fill(sql, [], [new Float64Array(5)])).rejects.toMatchObject({
      name: "Unfit",
      row: 1,
      value: 9223372036854775807n,
    });
    expect(await asked.rows("SELECT 1", [], {})).toEqual([[1]]);
  });

  it("may be of a hundred columns, and longer than what arrives at once", async () => {
    const asked = await opened();
    const long = 3_000_000;
    const columns = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? "NULL" : `${i} + 0e0`));
    const sql = `SELECT ${columns.join(", ")}, REPEAT('ä', ${long}) UNION ALL SELECT ${columns.join(", ")}, 'z'`;
    const data = new Float32Array(200);
    const cells = columns.map((_, at) => ({ data, width: 100, at, length: 2 }));
    const texts: string[] = [];
    expect(await asked.fill(sql, [], [...cells, texts])).toBe(2);
    const row = columns.map((_, i) => (i % 3 === 0 ? Number.NaN : i));
    expect([...data]).toEqual([...row, ...row]);
    expect(texts.map(({ length }) => length)).toEqual([long, 1]);
  });
});
