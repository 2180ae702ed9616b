import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOf, useDatabases, writeDatabase } from "../../test/databases.js";
import { type Cells, type Driver, type Fillable, fillFrom, type SqlRow } from "../driver.js";
import { openSqlite } from "./driver.js";

type Value = number | bigint | string | Buffer | null;

useDatabases((db) => {
  db.exec("CREATE TABLE many (id INTEGER PRIMARY KEY, x, y)");
  db.exec(`WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 60000)
    INSERT INTO many SELECT n, n / 8.0, CASE n % 5 WHEN 0 THEN -n * 1000003 WHEN 1 THEN n << 33 ELSE n % 3 END FROM r`);
});

const cells = (rows: number, width: number, at: number): Cells => ({
  data: new Float32Array(rows * width).fill(-1),
  width,
  at,
  length: rows,
});

type Kind = "cells" | "doubles" | "integers" | "list";

function columnOf(kind: Kind, rows: number): Fillable {
  if (kind === "cells") return cells(rows, 1, 0);
  if (kind === "doubles") return new Float64Array(rows);
  return kind === "integers" ? new BigInt64Array(rows) : [];
}

/** What filling row by row makes of it, or what it refuses. */
function told(fill: () => number, columns: readonly Fillable[]): unknown {
  try {
    return [fill(), columns];
  } catch (error) {
    const { name, row, value } = error as { name: string; row: number; value: unknown };
    return [name, row, value];
  }
}

const integer = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    -1n,
    127n,
    -128n,
    32767n,
    -32769n,
    2n ** 23n,
    -(2n ** 31n),
    2n ** 47n,
    -(2n ** 47n),
  ),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.double({ noNaN: true }) },
  { weight: 3, arbitrary: integer },
  fc.constant(null),
  fc.string({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 4000, max: 20_000 }).map((length) => "ä".repeat(length)),
);

describe("what is filled by way of pages", () => {
  let many: Driver;
  beforeAll(async () => {
    many = await openSqlite(pathOf("tables.db"), { name: "tables.db", immutable: false });
  });
  afterAll(() => many.close());

  it("is what filling row by row makes of it, and refuses the same, whatever the values", async () => {
    let files = 0;
    const kinds = fc.array(fc.constantFrom<Kind>("cells", "doubles", "integers", "list"), {
      minLength: 2,
      maxLength: 4,
    });
    const table = kinds.chain((kinds) =>
      fc.record({
        kinds: fc.constant(kinds),
        rows: fc.array(fc.tuple(...kinds.map(() => value)), { maxLength: 60 }),
        spare: fc.integer({ min: -3, max: 3 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async ({ kinds, rows, spare }) => {
        const name = `${files++}.db`;
        const path = writeDatabase(name, (db) => {
          db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${kinds.map((_, i) => `c${i}`).join(", ")})`);
          const insert = db.prepare(`INSERT INTO t VALUES (NULL, ${kinds.map(() => "?").join(", ")})`);
          for (const row of rows) insert.run(...row);
        });
        const driver = await openSqlite(path, { name, immutable: false });
        // As the dialect reads: no text crosses but as the digits of its bytes.
        const list = kinds.map((_, i) => driver.dialect.read(`c${i}`, "unknown")).join(", ");
        const sql = `SELECT ${list} FROM t ORDER BY id`;
        const length = Math.max(0, rows.length + spare);
        const make = () => kinds.map((kind) => columnOf(kind, length));
        const [own, wanted] = [make(), make()];
        for (let turn = 0; turn < 2; turn++) {
          const filled = told(() => driver.fill(sql, [], own) as number, own);
          const chunks = driver.stream(sql, [], { exact: true }) as Iterable<readonly SqlRow[]>;
          expect(filled).toEqual(told(() => fillFrom(chunks, wanted), wanted));
          for (const column of [...own, ...wanted]) if (Array.isArray(column)) column.length = 0;
        }
        await driver.close();
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  it("may be of more rows than a page has pages below it, and of none", () => {
    const columns = (rows: number) => [new Float64Array(rows), cells(rows, 1, 0), new Float64Array(rows)];
    const sql = "SELECT id, x, y FROM many WHERE id <= ? ORDER BY id DESC";
    for (const rows of [60_000, 0, 1, 30_000]) {
      const own = columns(rows);
      expect(many.fill(sql, [rows], own)).toBe(rows);
      const wanted = columns(rows);
      fillFrom(many.stream(sql, [rows]) as Iterable<readonly SqlRow[]>, wanted);
      expect(own).toEqual(wanted);
    }
  });

  it.each([200, 1000])("may be of %i columns", (width) => {
    const list = Array.from({ length: width }, (_, i) => (i % 2 === 0 ? "x" : "y")).join(", ");
    const columns = () => Array.from({ length: width }, () => new Float64Array(50));
    const sql = `SELECT ${list} FROM many WHERE id <= 50 ORDER BY id`;
    const [own, wanted] = [columns(), columns()];
    expect(many.fill(sql, [], own)).toBe(50);
    fillFrom(many.stream(sql, []) as Iterable<readonly SqlRow[]>, wanted);
    expect(own).toEqual(wanted);
  });

  it("is the same within a state that is held, and after it", async () => {
    const sql = "SELECT id, x FROM many WHERE id < 9 ORDER BY id";
    const filled = () => {
      const columns = [new Float64Array(8), new Float64Array(8)];
      expect(many.fill(sql, [], columns)).toBe(8);
      return columns;
    };
    const before = filled();
    const snapshot = await many.snapshot();
    expect(filled()).toEqual(before);
    await snapshot.end();
    expect(filled()).toEqual(before);
  });
});
