/** The placeholders of a statement, which are `?` until a database is asked. */
import { tokens } from "./tokens.js";

/** Each `?` outside of strings, names in quotes and comments, replaced by what `write` gives for its place, from 0. */
export function replacePlaceholders(sql: string, write: (place: number) => string): string {
  let place = 0;
  return sql.replace(tokens, (token) => (token === "?" ? write(place++) : token));
}
