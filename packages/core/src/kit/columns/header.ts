/** What a table's first line must have where a model is asked about its rows. */
import { MillraceError } from "../../errors.js";

/**
 * Of two columns of one name nobody knows which is meant.
 * @param read Names of the columns that the model reads.
 * @throws MillraceError INPUT_INVALID
 */
export function requireOnce(path: string, read: readonly string[], header: readonly string[]): void {
  const twice = read.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (twice === undefined) return;
  throw new MillraceError(
    "INPUT_INVALID",
    `a column that the model reads must be in the file once, but "${twice}" stands there twice`,
    { where: [path], hint: "Rename one of them, or take it out." },
  );
}
