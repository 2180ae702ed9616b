/** The way back through a spec's transforms: from what a trainer sees of a field to what the source gives. */
import type { FittedState, Inverse } from "../contracts/transform.js";
import type { Inverses } from "../contracts/training.js";
import type { Registry } from "../plugin/registry.js";
import { pathText } from "../spec/parse.js";
import type { Spec } from "../spec/schema.js";
import { isFor, type TransformUse } from "../spec/use.js";

type Path = readonly (string | number)[];

/**
 * Of the transforms that measured splits pass. Those of one source among several are no part of it: what a model gives
 * does not say from which source a sample is. `fitted` are states by the text of their transforms' paths.
 */
export function inversesOf(
  { transforms, sources }: Spec,
  registry: Registry,
  fitted: Readonly<Record<string, FittedState>>,
): Inverses {
  const own = sources?.length === 1 ? placed(sources[0].transforms, ["sources", 0, "transforms"]) : [];
  const chain = [...own, ...placed(transforms, ["transforms"])].reverse();
  return (field) => {
    const steps: Inverse[] = [];
    for (const [{ use, with: options }, path] of chain) {
      const at = steps.at(-1)?.field ?? field;
      const step = registry.get("transform", use).inverse?.(at, options, fitted[pathText(path)]);
      if (step !== undefined) steps.push(step);
    }
    const last = steps.at(-1);
    if (last === undefined) return undefined;
    return {
      field: last.field,
      apply: (values) =>
        steps.reduce<Float64Array>((led, step) => step.apply(led), Float64Array.from(values)),
    };
  };
}

function placed(transforms: readonly TransformUse[], path: Path): (readonly [TransformUse, Path])[] {
  return transforms
    .map((transform, i) => [transform, [...path, i]] as const)
    .filter(([transform]) => isFor(transform, "validation"));
}
