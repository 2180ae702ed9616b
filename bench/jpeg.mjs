/** JPEG photos by what `npm ci` alone brings, beside PyTorch with Pillow's `draft`: `npm run bench -- jpeg`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { figure } from "./chart.mjs";
import { photos } from "./images.mjs";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Images per second by each decoder, and of PyTorch where it is, for two sizes, with 0 and 2 workers. */
export async function jpeg(say) {
  const flags = ["--require", beside("./without-system.cjs"), beside("./jpeg-timing.mjs")];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const rows = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line);
    const { decoder, reduce, size, numWorkers, ours, theirs } = row;
    const ratio = theirs === undefined ? "" : `, ${figure(ours / theirs)}× PyTorch with draft`;
    const what = `${decoder} (${reduce}), ${size} × ${size}, ${numWorkers} workers`;
    say(`${what}: ${ours.toFixed(0)} images/s${ratio}`);
    rows.push(row);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`jpeg-timing.mjs ended with ${code}`);
  return rows;
}

export function jpegSection(rows) {
  const lines = rows.map(({ decoder, reduce, size, numWorkers, ours, theirs }) => {
    const beside = theirs === undefined ? ["", ""] : [theirs.toFixed(0), `**${figure(ours / theirs)}×**`];
    return `| ${[decoder, reduce, `${size} × ${size}`, numWorkers, ours.toFixed(0), ...beside].join(" | ")} |`;
  });
  return `## JPEG from \`npm ci\` alone

${photos} photos of 500 × 400, batches of 64, without any library of the system: libjpeg-turbo is that of @julusian/jpeg-turbo.
PyTorch reads them by Pillow with \`draft\`, and stops at uint8 as we do.

| decoder | reduce | to | workers | images/s | PyTorch | ratio |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}
