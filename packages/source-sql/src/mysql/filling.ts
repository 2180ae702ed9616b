/** The columns of `fill` while a statement's rows arrive: from the rows' bytes where they can be read, else from lists. */
import { type Fillable, put, type SqlRow } from "../driver.js";
import { type BinaryField, type Packet, RowWriter } from "./binary.js";

export class Filling {
  readonly #columns: readonly Fillable[];
  #rows = 0;
  #fault: Error | undefined;

  constructor(columns: readonly Fillable[]) {
    this.#columns = columns;
  }

  /** Of each column, whether its integers must come as bigint. */
  get exact(): readonly boolean[] {
    return this.#columns.map((column) => !("data" in column));
  }

  /** Rows written. @throws Unfit for the first value that its column does not take. */
  get count(): number {
    if (this.#fault !== undefined) throw this.#fault;
    return this.#rows;
  }

  take(row: SqlRow): void {
    this.#write(row, this.#put);
  }

  readonly #put = (row: SqlRow, at: number): void => {
    for (let i = 0; i < this.#columns.length; i++) put(this.#columns[i], at, row[i]);
  };

  /** A row that fails leaves the others to be read: the connection could not go on among them. */
  #write<T>(row: T, write: (row: T, at: number) => void): void {
    if (this.#fault !== undefined) return;
    try {
      write(row, this.#rows);
    } catch (error) {
      this.#fault = error as Error;
    }
    this.#rows++;
  }

  /** Has the rows of a command, which is not begun yet, written from their bytes where all of its fields can be. */
  readFrom(query: NodeJS.EventEmitter): void {
    const command = query as RowParsing;
    const own = command.buildParserFromFields?.bind(command);
    if (own === undefined) return;
    command.buildParserFromFields = (fields, ...rest) => {
      const writer = RowWriter.of(fields, this.#columns);
      if (writer === undefined) return own(fields, ...rest);
      command.removeAllListeners("result");
      const write = (packet: Packet, row: number): void => writer.write(packet, row);
      const next = (packet: Packet): void => this.#write(packet, write);
      return class {
        readonly next = next;
      };
    };
  }
}

/** Where a command of mysql2 lets others read its rows; private to it, and one without it reads them itself. */
interface RowParsing extends NodeJS.EventEmitter {
  buildParserFromFields?(fields: readonly BinaryField[], ...rest: readonly unknown[]): new () => unknown;
}
