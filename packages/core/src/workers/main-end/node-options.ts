/** With which of this process's options of Node a worker starts. */
import type { WorkerOptions } from "node:worker_threads";

/** How the text of `node -e` or of the standard input is read, which a worker refuses, as it has a file. */
const inputType = /(^|\s)--input-type(=|\s+)\S+/;

/** Options that decide which modules are found and how they are read; those of the whole process cannot be given again. */
const ofModules =
  /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C|--enable-source-maps|--no-warnings|--preserve-symlinks|--experimental-strip-types|--experimental-transform-types)(=|$)/;
const hasValueBehind = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)$/;

/** Nothing where a worker may inherit all of them, as it does by itself. */
export function nodeOptions(): Pick<WorkerOptions, "execArgv" | "env"> {
  const { execArgv } = process;
  const { NODE_OPTIONS = "" } = process.env;
  const inherits = !execArgv.some((argument) => /^--input-type(=|$)/.test(argument));
  if (inherits && !inputType.test(NODE_OPTIONS)) return {};
  return {
    execArgv: execArgv.flatMap((argument, i) => {
      if (!ofModules.test(argument)) return [];
      return hasValueBehind.test(argument) ? [argument, execArgv[i + 1]] : [argument];
    }),
    env: { ...process.env, NODE_OPTIONS: NODE_OPTIONS.replace(inputType, "") },
  };
}
