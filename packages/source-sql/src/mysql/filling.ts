/** The columns of `fill` while a statement's rows arrive: from the rows' bytes where they can be read, else from lists. */
import { type Fillable, put, type SqlRow } from "../driver.js";
import { type BinaryField, type Packet, RowWriter } from "./binary.js";

export class Filling {
  readonly #columns: readonly Fillable[];
  #writer: RowWriter | undefined;
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
    return this.#writer?.count ?? this.#rows;
  }

  /** A row that fails leaves the others to be read: the connection could not go on among them. */
  take(row: SqlRow): void {
    if (this.#fault !== undefined) return;
    try {
      for (let i = 0; i < this.#columns.length; i++) put(this.#columns[i], this.#rows, row[i]);
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
      this.#writer = writer;
      command.removeAllListeners("result");
      return class {
        next(packet: Packet): void {
          writer.next(packet);
        }
      };
    };
  }
}

/** Where a command of mysql2 lets others read its rows; private to it, and one without it reads them itself. */
interface RowParsing extends NodeJS.EventEmitter {
  buildParserFromFields?(fields: readonly BinaryField[], ...rest: readonly unknown[]): new () => unknown;
}
