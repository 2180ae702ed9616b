/** This process's group, as `millrace` opens it; a group of one where nothing was launched. */
import { groupOfOne } from "@millrace/core";
import plugins from "@millrace/mpi";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const [mpi] = plugins;

/** Opened before anything else is loaded. */
export async function openGroup() {
  return mpi.launched(process.env) ? mpi.open({ logger, environment: process.env }) : groupOfOne;
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
