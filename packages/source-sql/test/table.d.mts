import type { Dataset } from "@millrace/core";
import type { SqlSample } from "../src/index.js";

export function table(path: string, takes: boolean): Promise<Dataset<SqlSample>>;
