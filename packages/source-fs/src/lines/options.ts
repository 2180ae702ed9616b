/** Options that all sources over lines and records share. */
import { pathOption } from "@millrace/core";
import { z } from "zod";

/** `what` the files hold, for their description. */
export function pathsOption(what: string) {
  const path = pathOption();
  return z
    .union([path, z.array(path).min(1)])
    .describe(
      `${what} file, plain or gzipped, relative to the spec; a pattern such as logs/*.txt for many, by name; or a list of them, in its order. 8 bytes a sample are held once for all threads, the rest is read when it is asked for`,
    );
}

export const maxUnzippedOption = z
  .int()
  .positive()
  .default(2 ** 30)
  .describe(
    "most bytes that gzipped files hold together: they are unzipped once into memory that all threads share",
  );
