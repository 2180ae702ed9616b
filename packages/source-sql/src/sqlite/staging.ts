/**
 * Rows by way of a temporary table: SQLite gathers them there, and its pages cross from libsql as they are. Value by value,
 * crossing costs more than all that SQLite does.
 */
import type { Database, Statement } from "libsql";
import type { Fillable, SqlBound } from "../driver.js";
import { childrenOf, readLeaf } from "./page.js";

interface Table {
  /** The page that its rows begin with. */
  readonly root: number;
  readonly clear: Statement;
  readonly inserts: Map<string, Statement>;
}

export class Staging {
  readonly #database: Database;
  /** By the number of columns. */
  readonly #tables = new Map<number, Table>();
  /** Queries of rows that are too long to be read so. */
  readonly #long = new Set<string>();
  /** Null where SQLite was built without a view of its pages. */
  #pages: Statement | null | undefined;
  #usable = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * As a driver's `fill`; undefined where a row is too long, as it may be with texts and bytes, for all rows of such a
   * query. Texts arrive as they are stored. @throws Unfit
   */
  fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): number | undefined {
    if (this.#long.has(sql) || !this.#hasPages()) return undefined;
    const { root, clear, inserts } = this.#tableOf(columns.length);
    let insert = inserts.get(sql);
    if (insert === undefined) {
      insert = this.#database.prepare(`INSERT INTO temp.${nameOf(columns.length)} ${sql}`);
      inserts.set(sql, insert);
    }
    try {
      insert.run(...values);
      const count = this.#read(root, columns);
      if (count < 0) this.#long.add(sql);
      return count < 0 ? undefined : count;
    } finally {
      clear.run();
    }
  }

  /** Statements are to be forgotten with their database. */
  close(): void {
    this.#tables.clear();
    this.#pages = undefined;
  }

  #read(root: number, columns: readonly Fillable[]): number {
    let count = 0;
    for (let level = [root]; ; ) {
      const pages = this.#pagesOf(level);
      const children = pages.map(childrenOf);
      if (children[0] !== undefined) {
        level = children.flatMap((each) => each ?? []);
        continue;
      }
      for (const page of pages) {
        count = readLeaf(page, this.#usable, columns, count);
        if (count < 0) return count;
      }
      return count;
    }
  }

  #hasPages(): boolean {
    if (this.#pages !== undefined) return this.#pages !== null;
    const modules = this.#database.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'sqlite_dbpage'");
    const sql = "SELECT pgno, data FROM sqlite_dbpage('temp') WHERE pgno IN (SELECT value FROM json_each(?))";
    this.#pages = modules.raw().get() === undefined ? null : this.#database.prepare(sql).raw();
    return this.#pages !== null;
  }

  /** Pages by their numbers, in that order. */
  #pagesOf(numbers: readonly number[]): Buffer[] {
    const found = new Map(this.#pages?.all(JSON.stringify(numbers)) as [number, Buffer][]);
    return numbers.map((number) => {
      const page = found.get(number);
      if (page === undefined) throw new Error(`SQLite has no page ${number} of a temporary table`);
      return page;
    });
  }

  #tableOf(width: number): Table {
    const known = this.#tables.get(width);
    if (known !== undefined) return known;
    const name = nameOf(width);
    const columns = Array.from({ length: width }, (_, i) => `c${i}`);
    this.#database.exec(`CREATE TABLE IF NOT EXISTS temp.${name} (${columns.join(", ")})`);
    const [root] = this.#database
      .prepare("SELECT rootpage FROM sqlite_temp_schema WHERE tbl_name = ?")
      .raw()
      .get(name.slice(1, -1)) as [number];
    const table = { root, clear: this.#database.prepare(`DELETE FROM temp.${name}`), inserts: new Map() };
    this.#tables.set(width, table);
    const [first] = this.#pagesOf([1]);
    // The header of the file, which the first page begins with.
    this.#usable = first.length - first[20];
    return table;
  }
}

/** No person's table has it: a temporary one would hide theirs. */
function nameOf(width: number): string {
  return `"millrace staged ${width}"`;
}
