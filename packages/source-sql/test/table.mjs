/** The rows of a table as a dataset of no spec; `takes` says whether workers take what the main thread's opening learned. */
import { portable } from "@millrace/core/dataloader";
import plugins from "../dist/index.js";

const [sqlite] = plugins;

export async function table(path, takes, shared) {
  const options = sqlite.options.parse({ path, table: "t", label: "kind" });
  const dataset = await sqlite.create(options, { baseUrl: new URL("file:///"), seed: 0, shared });
  const args = takes ? [path, takes, dataset.share()] : [path, takes];
  return portable(dataset, { module: import.meta.url, export: "table", args });
}
