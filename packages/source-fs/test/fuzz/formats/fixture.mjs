/** A file that another program wrote. */
import { readFileSync } from "node:fs";

export function fixture(name) {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}
