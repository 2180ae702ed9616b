/** The pages of docs/reference: every key of a spec, and every plugin with all of its options and an example. */
import { readFileSync } from "node:fs";
import { pluginKinds } from "@millrace/core/spec";
import { deepTables, sentence, specShape, table } from "./tables.mjs";
import { z } from "zod";

const examples = JSON.parse(readFileSync(new URL("examples.json", import.meta.url), "utf8"));
const mark = "<!-- Written by `npm run docs` from the schemas: change those, or scripts/reference. -->\n";

/** What a kind is called on its page, where a spec has it, and what it is. */
const kinds = {
  source: ["Sources", "source", "Where the samples come from."],
  transform: ["Transforms", "transforms", "What each sample passes through, in order."],
  sampler: ["Samplers", "loader.sampler", "The order of the training samples, instead of `shuffle`."],
  batchSampler: [
    "Batch samplers",
    "loader.batchSampler",
    "Whole batches of training samples, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`.",
  ],
  collate: ["Collate functions", "loader.collate", "How samples become a batch."],
  model: ["Models", "model", "What is trained."],
  trainer: ["Trainers", "trainer", "What trains it."],
};

/** The file of a kind's page: `batchSampler` has batch-samplers.md. */
const fileOf = (kind) => `${titleOf(kind).toLowerCase().replaceAll(" ", "-")}.md`;
const titleOf = (kind) => (kinds[kind] ?? [kind])[0];
const placeOf = (kind) => (kinds[kind] ?? [kind, kind])[1];

/**
 * The text of each page by its path, and what is wrong with the examples.
 * @param packages folders and plugins, as `pluginsByPackage` gives them
 */
export function referencePages(packages) {
  const faults = [];
  const plugins = packages.flatMap(({ folder, plugins: own }) =>
    own.map((plugin) => ({ ...plugin, folder })),
  );
  const used = pluginKinds.filter((kind) => plugins.some((plugin) => plugin.kind === kind));
  const pages = new Map([["docs/reference/spec.md", specPage(used)]]);
  for (const kind of used) {
    const own = plugins.filter((plugin) => plugin.kind === kind);
    for (const plugin of own) faults.push(...exampleFaults(plugin));
    pages.set(`docs/reference/${fileOf(kind)}`, kindPage(kind, own));
  }
  const names = new Set(plugins.map(({ kind, name }) => `${kind} ${name}`));
  for (const name of Object.keys(examples))
    if (!names.has(name)) faults.push(`scripts/reference/examples.json: there is no ${name}`);
  return { pages, faults };
}

function specPage(used) {
  const links = used.map((kind) => [
    `\`${placeOf(kind)}\``,
    `[${titleOf(kind)}](${fileOf(kind)})`,
    (kinds[kind] ?? ["", "", ""])[2],
  ]);
  return `# The spec

${mark}
Everything that a spec may say. Where the type is \`plugin\`, it is \`{ "use": "NAME", "with": { … } }\`: the name of a plugin, and its
options, which stand on the page of its kind. \`with\` may be left out where nothing in it is required.

${table(["in a spec", "plugins", "what it is"], links)}
## At the top

${deepTables(z.object(specShape()), ["## ", ""])}
## Numbers of the data, and of the environment

Numbers that are known of the data alone may be named instead of written: \`{ "from": "labels.count" }\`, \`{ "from": "vocabulary.size" }\`.
\`"\${env:NAME}"\` is the environment's, where an option says so. \`npx millrace check SPEC\` says what is wrong with a spec, with line and
column.
`;
}

function kindPage(kind, plugins) {
  const [title, , what] = kinds[kind] ?? [kind, kind, ""];
  const list = plugins.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]);
  const sections = plugins.map((plugin) => pluginSection(kind, plugin));
  return `# ${title}\n\n${mark}\n${what} In a spec: \`${placeOf(kind)}\`.\n\n${table(["name", "what it does"], list)}\n${sections.join("\n")}`;
}

function pluginSection(kind, { name, summary, folder, options }) {
  const example = layout(use(kind, name), 0);
  const readme = `[${folder.replace("packages/", "@millrace/")}](../../${folder}/README.md)`;
  return `## ${name}\n\n${sentence(summary)} In ${readme}.\n\n\`\`\`json\n${example}\n\`\`\`\n\n${deepTables(options)}`;
}

function use(kind, name) {
  const options = examples[`${kind} ${name}`];
  const isEmpty = options === undefined || Object.keys(options).length === 0;
  return {
    [placeOf(kind).split(".").at(-1)]: wrapped(kind, isEmpty ? { use: name } : { use: name, with: options }),
  };
}

function wrapped(kind, entry) {
  return kind === "transform" ? [entry] : entry;
}

/** JSON as a person writes it: on one line what fits there, else an entry a line. */
function layout(value, indent) {
  const line = JSON.stringify(value, undefined, 1)
    .replaceAll(/\n\s*/g, " ")
    .replaceAll(/\[ | \]/g, (bracket) => bracket.trim());
  if (line.length + indent <= 110 || typeof value !== "object" || value === null) return line;
  const inner = " ".repeat(indent + 2);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const entries = Object.entries(value).map(([name, entry]) => {
    const text = layout(entry, indent + 2);
    return Array.isArray(value) ? `${inner}${text}` : `${inner}${JSON.stringify(name)}: ${text}`;
  });
  return `${open}\n${entries.join(",\n")}\n${" ".repeat(indent)}${close}`;
}

function exampleFaults({ kind, name, options }) {
  const title = `${kind} ${name}`;
  if (examples[title] === undefined) return [`scripts/reference/examples.json: lacks an example of ${title}`];
  const parsed = options.safeParse(examples[title]);
  if (parsed.success) return [];
  return parsed.error.issues.map(
    ({ path, message }) => `scripts/reference/examples.json: ${title}: ${path.join(".")}: ${message}`,
  );
}
