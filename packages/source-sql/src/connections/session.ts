/** One connection to a server, as each database's library is made to look. */
import type { Asked, Fillable, Relation, RowOptions, SqlBound, SqlRow } from "../driver.js";

/** Calls come one at a time: whoever holds a session waits for each. Faults are as the library raises them. */
export interface Session {
  /** False once the connection has failed or ended. */
  readonly alive: boolean;
  describe(asked: Asked): Promise<Relation>;
  rows(sql: string, values: readonly SqlBound[], options: RowOptions): Promise<readonly SqlRow[]>;
  fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): Promise<number>;
  /** All rows, in pieces as they arrive. */
  stream(sql: string, values: readonly SqlBound[], options: RowOptions): AsyncIterable<readonly SqlRow[]>;
  /** Begins to read one state of the database, the present one. */
  begin(): Promise<void>;
  /** Ends what `begin` began. */
  end(): Promise<void>;
  /**
   * As `begin`, for a state that stays whatever fails in it, and that others may join by the token it gives; absent where a
   * database cannot share a state.
   */
  hold?(token?: string): Promise<string>;
  /** After a query failed: what `hold` began goes on. */
  recover?(): Promise<void>;
  /** Ends the connection at once, whatever it is at; what waits for it is rejected. */
  destroy(): void;
  /** Says goodbye. */
  close(): Promise<void>;
}

export interface ServerKind {
  /** Opens a session. @throws what the library throws. */
  open(): Promise<Session>;
  /** True where the connection is gone, or the server is not there at the moment: it may be asked again. */
  isLost(error: unknown): boolean;
  /** True where `hold` was to join a state that nobody has open any more. */
  isGone?(error: unknown): boolean;
  /** The error in a person's words. */
  explain(error: unknown): unknown;
}
