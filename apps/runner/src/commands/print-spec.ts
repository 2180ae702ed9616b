/** `millrace print-spec`: a spec as it is run, in one file. */
import { type Override, writeSpecText } from "@millrace/core/spec";
import { Command } from "commander";
import { withSpec } from "../compose.js";
import { exitCodes } from "../failure.js";
import { openLog } from "../run/log.js";
import type { Shell } from "../shell.js";
import { readSpecs, setOption, specArgument, type Start } from "./command.js";

const help = `
What it extends, the specs laid over it and every --set are in it, and every default. References to the environment stay
references: no value of a variable is printed.

  $ millrace print-spec spec.json
  $ millrace print-spec base.yaml gpu.yaml --set loader.batchSize=128 --yaml > whole.yaml`;

interface PrintOptions {
  readonly set?: readonly Override[];
  readonly yaml?: boolean;
  readonly json?: boolean;
}

export function printSpec(start: Start): Command {
  return new Command("print-spec")
    .description("print a spec with all its defaults, as one")
    .addArgument(specArgument())
    .addOption(setOption())
    .option("--yaml", "as YAML instead of JSON")
    .option("--json", "print one JSON line: the spec, and the files that it was read from")
    .addHelpText("after", help)
    .action((paths: readonly string[], options: PrintOptions) =>
      start((shell) => print(paths, options, shell)),
    );
}

async function print(
  paths: readonly string[],
  { set, yaml, json }: PrintOptions,
  { out, verbose }: Shell,
): Promise<number> {
  const text = await readSpecs(paths, set);
  const whole = (kept: object) =>
    json
      ? `${JSON.stringify({ spec: kept, files: text.files })}\n`
      : writeSpecText(kept, yaml ? "yaml" : "json");
  const { logger } = openLog({ verbose });
  await withSpec(text, logger, async ({ kept }) => Promise.resolve(out.write(whole(kept))), { later: true });
  return exitCodes.ok;
}
