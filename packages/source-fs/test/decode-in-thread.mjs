/** Decodes the files it is given and answers with digests of their pixels; the built package, in a worker or a process. */
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import plugins from "../dist/index.js";

const [imageFolder] = plugins;
const lines = [];
const log = (fields, message) => lines.push(message);
const { root, decoder, resize: settings } = workerData ?? JSON.parse(process.argv[2]);
const answer = (value) =>
  parentPort === null ? process.stdout.write(JSON.stringify(value)) : parentPort.postMessage(value);

try {
  const options = imageFolder.options.parse({ root, decoder });
  const logger = { debug: log, info: log, warn: log, error: log };
  const dataset = await imageFolder.create(options, { baseUrl: new URL("file:///"), seed: 0, logger });
  const images = [];
  for (let index = 0; index < dataset.length; index++) {
    const { image } = await dataset.get(index, { epoch: 0 });
    for (const each of settings ? [image, image.apply({ type: "resize", settings })] : [image]) {
      const { shape, data } = await each.materialize();
      images.push({ shape, digest: createHash("sha256").update(data).digest("hex") });
    }
  }
  answer({ images, lines });
} catch (error) {
  answer({ code: error.code, message: error.message, hint: error.hint });
}
