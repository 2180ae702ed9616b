/** What may not stand before a transform that is fitted, found when a spec is checked. */
import type { PluginContext } from "../../plugin/contexts.js";
import type { Registry } from "../../plugin/registry.js";
import { pathText } from "../../spec/parse.js";
import type { SpecText } from "../../spec/read.js";
import type { Spec } from "../../spec/schema.js";
import { isFor, type TransformUse } from "../../spec/use.js";

/** A transform, and where it stands in the spec. */
interface Step {
  readonly transform: TransformUse;
  readonly path: readonly (string | number)[];
}

/** Faults as `specInvalid` takes them: each with its position, the rule, and what to do. */
export function fitFaults(spec: Spec, text: SpecText, registry: Registry): string[] {
  const context: PluginContext = { baseUrl: new URL("./", text.url), seed: spec.seed };
  const common = stepsOf(spec.transforms, ["transforms"]);
  const owns = (spec.sources ?? []).map(({ transforms }, place) =>
    stepsOf(transforms, ["sources", place, "transforms"]),
  );
  const ways = owns.length === 0 ? [common] : owns.map((own) => [...own, ...common]);
  return [...new Set(ways.flatMap((way) => faultsOf(way, text, registry, context)))];
}

function stepsOf(transforms: readonly TransformUse[], path: Step["path"]): Step[] {
  return transforms.map((transform, position) => ({ transform, path: [...path, position] }));
}

function faultsOf(
  way: readonly Step[],
  text: SpecText,
  registry: Registry,
  context: PluginContext,
): string[] {
  return way.flatMap(({ transform, path }, at) => {
    const { use } = transform;
    if (!isFor(transform, "train") || registry.get("transform", use).random !== true) return [];
    const behind = way.find((step, i) => i > at && learns(step.transform, registry, context));
    if (behind === undefined) return [];
    return [
      `${text.locate(path)} ${pathText(path)}: ${use} draws random numbers, and must stand behind ${behind.transform.use} at ${pathText(behind.path)}, which is fitted to the training samples once for all epochs`,
    ];
  });
}

/** With these options; what the data must be asked for counts as something to learn. */
function learns({ use, with: options }: TransformUse, registry: Registry, context: PluginContext): boolean {
  const plugin = registry.get("transform", use);
  if (plugin.fit === undefined || plugin.fitsOptions === true) return false;
  try {
    return plugin.fit(options, { ...context, facts: {}, fields: {} }) !== undefined;
  } catch {
    return true;
  }
}
