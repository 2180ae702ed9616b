/** Blocks that are asked for one after the other, from one statement that goes on: a filter for each costs more. */
import { type Driver, type Fillable, isUnfit, type Scan } from "../driver.js";
import type { Keys } from "./keys.js";
import type { Select } from "./select.js";

export class Scanning {
  readonly #driver: Driver;
  readonly #select: Select;
  readonly #keys: Keys;
  #scan: Scan | undefined;
  /** The index of the row that follows those that were read last. */
  #next = -1;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(driver: Driver, select: Select, keys: Keys) {
    this.#driver = driver;
    this.#select = select;
    this.#keys = keys;
  }

  /**
   * True if these columns, those of `Select.from`, have the rows from `start` to before `end` now; false where they must
   * be asked for, as after a row that fits none of them.
   */
  async fill(start: number, end: number, columns: readonly Fillable[]): Promise<boolean> {
    if (this.#driver.scan === undefined || !this.#select.isInOrder) return false;
    const mine = this.#turn.then(() => this.#read(start, end, columns));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #read(start: number, end: number, columns: readonly Fillable[]): Promise<boolean> {
    const isNext = start === this.#next;
    this.#next = end;
    if (!isNext) {
      this.#close();
      return false;
    }
    try {
      this.#scan ??= await this.#open(start);
      if ((await this.#scan?.fill(end - start, columns)) === end - start) return true;
    } catch (error) {
      // It stands nobody knows where.
      this.#close();
      if (!isUnfit(error)) throw error;
    }
    this.#close();
    return false;
  }

  #open(start: number): ReturnType<NonNullable<Driver["scan"]>> | undefined {
    const { sql, values } = this.#select.from(this.#keys.at(start));
    return this.#driver.scan?.(sql, values);
  }

  #close(): void {
    this.#scan?.close();
    this.#scan = undefined;
  }
}
