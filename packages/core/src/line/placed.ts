/** Faults of a line's parts, each with its path in the spec: `locateFaults` finds line and column by it. */
import { MillraceError } from "../errors.js";

type Path = readonly (string | number)[];

/** What `open` raises is about the options that stand at `path`: the paths of its faults start there. */
export async function inOptionsAt<T>(path: Path, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof MillraceError ? error.within(...path) : error;
  }
}

/** What `open` raises lies at `path`, unless it names its own place. */
export async function otherwiseAt<T>(path: Path, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isPlaceless =
      error instanceof MillraceError && error.path === undefined && error.faults.length === 0;
    throw isPlaceless ? error.within(...path) : error;
  }
}
