/** `millrace check`: is the spec right, and is the data there? */
import { Command } from "commander";
import { isNdArray, type Line, type NdArray, type Override, readSpec } from "@millrace/core";
import { setOption, type Start } from "./command.js";
import { compose } from "../compose.js";
import { exitCodes } from "../failure.js";
import { openLog } from "../run/log.js";
import { plural } from "../view/format.js";
import { dataText } from "../view/narrate.js";
import type { Shell } from "../shell.js";

export function check(start: Start): Command {
  return new Command("check")
    .description("see whether a spec is right and its data is there, without training")
    .argument("<spec>", "the JSON spec; comments and trailing commas are fine")
    .addOption(setOption())
    .action((spec: string, { set = [] }: { readonly set?: readonly Override[] }) =>
      start((shell) => checkSpec(spec, set, shell)),
    );
}

/** The exit code. @throws MillraceError with every fault found. */
async function checkSpec(
  specPath: string,
  set: readonly Override[],
  { out, err, verbose }: Shell,
): Promise<number> {
  const warn = (message: string) => err.write(`${err.colors.yellow("warning:")} ${message}\n`);
  const { logger } = openLog({ verbose, onWarning: warn });
  const composition = await compose(await readSpec(specPath, set), logger);
  try {
    const line = await composition.open();
    try {
      const { bold, green } = out.colors;
      const { labels } = line.facts;
      const { spec } = line;
      out.write(`${bold(specPath)}\n`);
      out.write(`  data     ${dataText(line)}\n`);
      if (labels !== undefined) out.write(`  classes  ${listed(labels)}\n`);
      for (const field of await firstBatch(line)) out.write(`  batch    ${field}\n`);
      out.write(`  model    ${spec.model.use}\n  trainer  ${spec.trainer.use}\n`);
      out.write(`${green("all good:")} start it with \`millrace run ${specPath}\`\n`);
      return exitCodes.ok;
    } finally {
      await line.close();
    }
  } finally {
    await composition.close();
  }
}

/** What the first training batch holds: "image uint8 [64, 28, 28, 1]". */
async function firstBatch({ loaders, spec }: Line): Promise<string[]> {
  for await (const batch of loaders.train.batches(0)) {
    const found = [...fields("", batch.data)];
    batch.release();
    return found;
  }
  return [`none: an epoch has no batch of ${plural(spec.loader.batchSize, "sample")}`];
}

function* fields(path: string, value: unknown): Generator<string> {
  if (isNdArray(value)) yield arrayText(path, value);
  else if (Array.isArray(value)) yield `${path} list of ${value.length}`.trimStart();
  else if (typeof value === "object" && value !== null) {
    for (const [key, field] of Object.entries(value))
      yield* fields(path === "" ? key : `${path}.${key}`, field);
  } else yield `${path} ${typeof value}`.trimStart();
}

function arrayText(path: string, { dtype, shape }: NdArray): string {
  return `${path} ${dtype} [${shape.join(", ")}]`.trimStart();
}

const mostListed = 12;

function listed(names: readonly string[]): string {
  const more = names.length - mostListed;
  return more > 0 ? `${names.slice(0, mostListed).join(", ")} and ${more} more` : names.join(", ");
}
