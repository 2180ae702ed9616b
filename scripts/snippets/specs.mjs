/** Specs, and parts of them, in the pages: each is held against the schema of what it says. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSpecText, Registry, specSchema } from "@millrace/core/spec";
import builtin from "@millrace/core/builtin";
import { pluginsByPackage } from "../reference/plugins.mjs";
import { root } from "./fences.mjs";

/** How many of the fences are specs, and what is wrong with them, as page:line. */
export async function checkSpecs(fences) {
  const registry = new Registry();
  for (const { plugins } of await pluginsByPackage()) for (const plugin of plugins) registry.add(plugin);
  for (const service of builtin.filter(({ kind }) => kind === "service")) registry.add(service);
  const schema = specSchema(registry);
  const faults = [];
  let count = 0;
  for (const fence of fences.filter(
    ({ language, text }) => /^(jsonc?|yaml)$/.test(language) && !text.includes("…"),
  )) {
    const place = `${fence.page}:${fence.line}`;
    const spec = read(fence);
    if (spec instanceof Error) faults.push(`${place}: ${spec.message.split("\n").join(" ")}`);
    else if (isSpec(spec, schema)) {
      count++;
      faults.push(
        ...faultsOf(spec, schema, /\bextends"?:/.test(fence.text)).map((fault) => `${place}: ${fault}`),
      );
    }
  }
  return { count, faults };
}

/** The value of a snippet; one that begins with a name is what stands in the braces of a spec. What it extends is not there. */
function read({ text, page, language }) {
  if (language === "yaml") return valueOf(text.replace(/^extends:.*$/m, "extends: []"), `${page}.yaml`);
  const alone = text.replace(/"extends":\s*"[^"]*"/, '"extends": []');
  const whole = /^\s*(\/\/.*\n\s*)*"/.test(alone) ? `{${alone}}` : alone;
  return valueOf(whole, page);
}

function valueOf(text, name) {
  try {
    return parseSpecText(text, name, pathToFileURL(join(root, name))).value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether it says what only a spec says: other JSON is nobody's business here. */
function isSpec(value, schema) {
  const names =
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  return names.length > 0 && names.every((name) => name in schema.shape);
}

function faultsOf(spec, schema, isLaidOver) {
  const isOwn = (spec.plugins ?? []).some((name) => name.startsWith("."));
  if (isOwn) return []; // Plugins of the page's own: what runs the page knows them.
  const isWhole =
    !isLaidOver && "model" in spec && "trainer" in spec && ("source" in spec || "sources" in spec);
  const parsed = isWhole
    ? [["", schema.safeParse(spec)]]
    : Object.entries(spec)
        // What is laid over another spec may leave the plugin's name to that.
        .filter(([, value]) => !isLaidOver || !("with" in Object(value)) || "use" in value)
        .map(([name, value]) => [name, schema.shape[name].safeParse(value)]);
  return parsed.flatMap(([name, { error }]) =>
    (error?.issues ?? []).map(
      ({ path, message }) => `${[name, ...path].filter(String).join(".")}: ${message}`,
    ),
  );
}
