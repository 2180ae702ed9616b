/** What a statement gives, in the pieces in which DuckDB has it. */
import type { DuckDBDataChunk, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { Fillable, SqlBound } from "../driver.js";
import { bind } from "./bind.js";
import type { Library } from "./library.js";
import { fillFromChunk } from "./vectors.js";

export async function* chunksOf(
  library: Library,
  statement: DuckDBPreparedStatement,
  values: readonly SqlBound[],
): AsyncGenerator<DuckDBDataChunk> {
  if (values.length > 0) bind(library, statement, values);
  const result = await statement.stream();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** Chunks of which as many rows are taken at a time as are asked for. */
export class ChunkScan {
  readonly #chunks: AsyncIterator<DuckDBDataChunk>;
  #chunk: DuckDBDataChunk | undefined;
  #taken = 0;

  constructor(chunks: AsyncIterator<DuckDBDataChunk>) {
    this.#chunks = chunks;
  }

  /** The next rows, at most `count`; fewer at the end. @throws Unfit */
  async fill(count: number, columns: readonly Fillable[]): Promise<number> {
    let filled = 0;
    while (filled < count) {
      if (this.#chunk === undefined) {
        const { done, value } = await this.#chunks.next();
        if (done === true) break;
        this.#chunk = value;
        this.#taken = 0;
      }
      const { rowCount } = this.#chunk;
      const end = Math.min(rowCount, this.#taken + count - filled);
      fillFromChunk(this.#chunk, columns, filled, this.#taken, end);
      filled += end - this.#taken;
      this.#taken = end;
      if (end === rowCount) this.#chunk = undefined;
    }
    return filled;
  }
}
