/** `millrace schema`: what editors need to complete and check a spec. */
import { mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type JsonSchema, nameSchema, type Registry, specJsonSchema } from "@millrace/core/spec";
import { Command } from "commander";
import { composeDefaults, withPlugins } from "../compose.js";
import { exitCodes } from "../failure.js";
import { writeWhole } from "../run/directory.js";
import { refuseOther } from "../run/replaceable.js";
import { openLog } from "../run/log.js";
import { shortest } from "../run/run-folder.js";
import type { Shell } from "../shell.js";
import { readSpecs, specArgument, type Start } from "./command.js";

const help = `
The schema knows the options of all plugins: those that come with millrace, and those that the spec's \`plugins\` name. It
is written beside the spec, as .millrace/NAME.schema.json, and the spec names it: by "$schema", or in YAML by a comment.
A spec that extends another, or is laid over one, gets a schema for parts: nothing is required there.

  $ millrace schema spec.json
  $ millrace schema base.yaml gpu.yaml
  $ millrace schema --out millrace.schema.json`;

interface SchemaOptions {
  /** Where the schema goes, instead of beside the spec. */
  readonly out?: string;
  readonly json?: boolean;
}

interface Written {
  readonly schema: string;
  readonly spec?: string;
}

export function schema(start: Start): Command {
  return new Command("schema")
    .description("write the JSON Schema of specs, by which editors complete and check them")
    .addArgument(specArgument("optional"))
    .option("-o, --out <file>", "where it goes; without a spec and this, to stdout")
    .option("--json", "print what was written as one JSON line")
    .addHelpText("after", help)
    .action((paths: readonly string[], options: SchemaOptions) =>
      start((shell) => (paths.length === 0 ? general(options, shell) : ofSpecs(paths, options, shell))),
    );
}

async function general({ out, json }: SchemaOptions, shell: Shell): Promise<number> {
  const registry = await composeDefaults(openLog({ verbose: shell.verbose }).logger);
  try {
    const made = specJsonSchema(registry);
    if (out === undefined) shell.out.write(textOf(made));
    else tell([await write(out, made)], json, shell);
    return exitCodes.ok;
  } finally {
    await registry.close();
  }
}

async function ofSpecs(
  paths: readonly string[],
  { out, json }: SchemaOptions,
  shell: Shell,
): Promise<number> {
  const text = await readSpecs(paths);
  const { logger } = openLog({ verbose: shell.verbose });
  return withPlugins(text, logger, async (registry) => {
    const written: Written[] = [];
    for (const [i, spec] of paths.entries()) {
      const own =
        out ?? join(dirname(spec), ".millrace", `${basename(spec).replace(/\.[^.]*$/, "")}.schema.json`);
      // One file for all: the first says of which kind it is.
      if (out === undefined || i === 0) await write(own, await schemaOf(spec, i, registry));
      await nameIn(spec, own);
      written.push({ schema: own, spec });
    }
    tell(written, json, shell);
    return exitCodes.ok;
  });
}

async function schemaOf(spec: string, position: number, registry: Registry): Promise<JsonSchema> {
  const { extending } = await readSpecs([spec]);
  return specJsonSchema(registry, { partial: extending || position > 0 });
}

const older = {
  mark: '"title": "A Millrace spec',
  what: "the schema",
  older: "an older schema",
  hint: "Name another file with --out, such as spec.schema.json.",
};

async function write(path: string, made: JsonSchema): Promise<Written> {
  await refuseOther(path, older);
  await mkdir(dirname(resolve(path)), { recursive: true });
  await writeWhole(path, textOf(made));
  return { schema: path };
}

async function nameIn(spec: string, path: string): Promise<void> {
  const near = relative(dirname(resolve(spec)), resolve(path)).replaceAll("\\", "/");
  const before = await readFile(spec, "utf8");
  const named = nameSchema(before, spec, /^\.\.?\//.test(near) ? near : `./${near}`);
  if (named !== before) await writeWhole(spec, named);
}

function textOf(made: JsonSchema): string {
  return `${JSON.stringify(made, null, 1)}\n`;
}

function tell(written: readonly Written[], json: boolean | undefined, { out }: Shell): void {
  if (json) {
    out.write(
      `${JSON.stringify({ written: written.map(({ schema: at, spec }) => ({ schema: resolve(at), spec })) })}\n`,
    );
    return;
  }
  for (const { schema: at, spec } of written)
    out.write(spec === undefined ? `${shortest(at)}\n` : `${shortest(at)}, named by ${spec}\n`);
}
