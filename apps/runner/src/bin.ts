#!/usr/bin/env node
/** The `millrace` command. */
import { leave } from "./leave.js";
import { main } from "./main.js";

leave(await main(process.argv.slice(2)));
