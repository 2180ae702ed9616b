// One rank that opens the group as a program would, and writes what it got, or the error, into the folder.
import { writeFileSync } from "node:fs";
import plugins from "../../dist/index.js";

const [folder] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const name = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? process.env.SLURM_PROCID;
const [mpi] = plugins;
const loaded = () => process.report.getReport().sharedObjects.some((path) => /libmpi(ch)?\.so/.test(path));
const told = { launched: mpi.launched(process.env), loadedBefore: loaded() };
try {
  if (told.launched) {
    const { description, size } = await opened(mpi);
    Object.assign(told, { description, size });
  }
} catch (error) {
  Object.assign(told, { code: error.code, message: error.describe() });
}
writeFileSync(`${folder}/${name}.json`, JSON.stringify(told));
process.exitCode = told.code === undefined ? 0 : 1;

async function opened(plugin) {
  const group = await plugin.open({ logger, environment: process.env });
  await group.close();
  return group;
}
