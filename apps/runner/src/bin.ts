#!/usr/bin/env node
/** The `millrace` command. */
import { keepCompiledKernels } from "./compose.js";
import { leave } from "./leave.js";
import { main } from "./main.js";
import { expectMore } from "./unfinished.js";

keepCompiledKernels(process.env);
const isOver = expectMore();
// Not awaited: where the module itself waits for ever, Node ends it with words of its own.
void main(process.argv.slice(2)).then((code) => {
  isOver();
  leave(code);
});
