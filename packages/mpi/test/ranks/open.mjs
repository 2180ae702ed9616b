// One rank that opens the group as a program would, and writes what it got, or the error, into the folder.
import { writeFileSync } from "node:fs";
import plugins from "../../dist/index.js";

const [folder] = process.argv.slice(2);
const warnings = [];
const logger = { debug() {}, info() {}, warn: (_, text) => warnings.push(text), error() {} };
const name = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? process.env.SLURM_PROCID;
const [mpi] = plugins;
const loaded = () => process.report.getReport().sharedObjects.some((path) => /libmpi(ch)?\.so/.test(path));
// As a program would that decodes pictures before it trains.
if (process.env.LOADS_BEFORE === name) (await import("koffi")).default.load("libm.so.6");
const told = { launched: mpi.launched(process.env), loadedBefore: loaded() };
try {
  if (told.launched) {
    Object.assign(told, await opened(mpi));
  }
} catch (error) {
  Object.assign(told, { code: error.code, message: error.describe() });
}
writeFileSync(`${folder}/${name}.json`, JSON.stringify(told));
process.exitCode = told.code === undefined ? 0 : 1;

async function opened(plugin) {
  const group = await plugin.open({ logger, environment: process.env });
  const { description, size } = group;
  const sum = new Float32Array(300_000).fill(1);
  await group.sum(sum);
  await group.close();
  return { description, size, sum: sum[299_999], ...(warnings.length > 0 && { warnings }) };
}
