/** The `yaml` package, loaded with the first text in YAML: it would be a tenth of what every command and worker loads. */
import { createRequire } from "node:module";
import type * as Library from "yaml";

let library: typeof Library | undefined;

export function yaml(): typeof Library {
  library ??= createRequire(import.meta.url)("yaml") as typeof Library;
  return library;
}
