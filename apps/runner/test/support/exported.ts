/** The programs beside an exported model, and what they need to run. */
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** What `npm install @tensorflow/tfjs sharp` would give: the same parts, as far as they are installed here. */
export async function installTfjs(folder: string): Promise<void> {
  const require = createRequire(import.meta.resolve("@millrace/trainer"));
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@tensorflow", "tfjs"), { recursive: true });
  for (const name of ["tfjs-core", "tfjs-layers", "tfjs-backend-cpu"]) {
    const manifest = require.resolve(`@tensorflow/${name}/package.json`);
    await symlink(dirname(manifest), join(modules, "@tensorflow", name));
  }
  const sharpFolder = join(dirname(createRequire(import.meta.url).resolve("sharp")), "..");
  await symlink(sharpFolder, join(modules, "sharp"));
  await writeFile(
    join(modules, "@tensorflow", "tfjs", "index.mjs"),
    'import "@tensorflow/tfjs-backend-cpu";\nexport * from "@tensorflow/tfjs-core";\nexport * from "@tensorflow/tfjs-layers";\n',
  );
  await writeFile(join(modules, "@tensorflow", "tfjs", "package.json"), '{ "main": "index.mjs" }');
}

/** What the folder's predict.mjs says of an input: labels and their probabilities, or numbers by their place. */
export async function askExample(folder: string, input: string): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "predict.mjs"), input]);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, number>;
}
