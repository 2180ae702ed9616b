/** @millrace/runner: the `millrace` command, callable. */
export { main } from "./main.js";
