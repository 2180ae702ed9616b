#!/usr/bin/env node
/** The `millrace` command. */
import { keepCompiledKernels } from "./compose.js";
import { leave } from "./leave.js";
import { main } from "./main.js";

keepCompiledKernels(process.env);
leave(await main(process.argv.slice(2)));
