/** @millrace/runner: the `millrace` command, callable, and what exported servers are made of. */
export { main } from "./main.js";
export type { AskOptions, ModelRequest, ServedAnswer } from "./serve/answering.js";
export { endingOf } from "./serve/request-values.js";
export { openModel, type ServedAbout, type ServedModel, type ServeOptions } from "./serve/served-model.js";
