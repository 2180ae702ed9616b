/** The files of a new plugin, from the templates of its kind: a package that is ready for npm. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";
import { version } from "../version.js";
import { packageName } from "./write.js";

/** What a new plugin may be, as `millrace new` calls it: the folders of the templates. */
export const pluginTemplates = [
  "source",
  "transform",
  "collate",
  "sampler",
  "batch-sampler",
  "model",
] as const;

export type PluginTemplate = (typeof pluginTemplates)[number];

const templates = fileURLToPath(new URL("../../templates/", import.meta.url));

/** The plugin's own name: that of its folder, without what packages are called beside it. */
export function pluginName(folder: string): string {
  const name = packageName(basename(resolve(folder)))
    .replace(/^millrace-/, "")
    .replace(/[^a-z0-9]+/g, "-");
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return name;
  throw new MillraceError(
    "OPTION_INVALID",
    `a plugin's name must be letters, digits and hyphens, was "${basename(folder)}"`,
    {
      hint: "Choose another name, such as my-readings.",
    },
  );
}

/** Paths relative to the plugin's folder, and what they hold. */
export function pluginFiles(template: PluginTemplate, folder: string): Record<string, string> {
  const name = pluginName(folder);
  const files: Record<string, string> = {};
  for (const path of filesIn(join(templates, template))) {
    files[path] = renamed(readFileSync(join(templates, template, path), "utf8"), template, name);
  }
  const summary = /summary: "([^"]+)"/.exec(files["src/index.ts"])?.[1] ?? "";
  const text = (file: string) => readFileSync(join(templates, file), "utf8");
  return {
    ...files,
    "README.md": text("README.md")
      .replace("SUMMARY", `A ${template.replace("-", " ")} for Millrace: ${summary}.`)
      .replace("USE", usage(template, name))
      .replaceAll("my-plugin", packageName(basename(resolve(folder)))),
    "package.json": `${JSON.stringify(manifest(template, folder, summary), null, 2)}\n`,
    "tsconfig.json": text("tsconfig.json"),
    "tsconfig.build.json": text("tsconfig.build.json"),
    ".gitignore": "node_modules/\ndist/\nruns/\n.millrace/\n",
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** In the templates a plugin is called `my-source`, `mySource` and `MySource`, each after its kind. */
function renamed(text: string, template: PluginTemplate, name: string): string {
  const own = `my-${template}`;
  return text
    .replaceAll(own, name)
    .replaceAll(camelCase(own), camelCase(name))
    .replaceAll(pascalCase(own), pascalCase(name));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function pascalCase(name: string): string {
  return camelCase(`-${name}`);
}

/** Where a spec names the plugin. */
function usage(template: PluginTemplate, name: string): string {
  switch (template) {
    case "transform":
      return `"transforms": [{ "use": "${name}" }], …`;
    case "collate":
    case "sampler":
    case "batch-sampler":
      return `"loader": { "${camelCase(template)}": { "use": "${name}", "with": { … } } }, …`;
    default:
      return `"${template}": { "use": "${name}", "with": { … } }, …`;
  }
}

function manifest(template: PluginTemplate, folder: string, summary: string): object {
  const versions = JSON.parse(readFileSync(join(templates, "versions.json"), "utf8")) as Record<
    string,
    string
  >;
  const { zod, ...tools } = versions;
  const own = `^${version}`;
  return {
    name: packageName(basename(resolve(folder))),
    version: "0.1.0",
    description: summary,
    keywords: ["millrace", "millrace-plugin", template],
    license: "MIT",
    type: "module",
    engines: { node: ">=20.19" },
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    files: ["dist"],
    scripts: {
      build: "tsc -p tsconfig.build.json",
      check: "tsc",
      test: "vitest run",
      example: "npm run build && millrace run example/spec.jsonc",
      prepublishOnly: "npm run check && npm test && npm run build",
    },
    dependencies: { zod },
    peerDependencies: { "@millrace/core": own },
    devDependencies: {
      "@millrace/core": own,
      "@millrace/runner": own,
      ...(template === "model" && { "@millrace/trainer": own, "@tensorflow/tfjs-core": "4.22.0" }),
      ...tools,
    },
  };
}
