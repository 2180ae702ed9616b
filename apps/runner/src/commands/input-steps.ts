/** What an input passes on its way to a run's model, for programs that have to do the same. */
import { isDeepStrictEqual } from "node:util";
import {
  askedSource,
  fittedFile,
  type InputSteps,
  type Registry,
  sourcesOf,
  type TransformUse,
  isFor,
} from "@millrace/core/spec";
import type { Composition } from "../compose.js";
import { fittedName, type RunFacts } from "../run/run-folder.js";

/** A transform, and where the spec states it. */
interface Step extends TransformUse {
  readonly path: readonly (string | number)[];
}

/** `about` is what the run's source does before any transform, where it says so. */
export function stepsOf(
  { spec, options: { registry, fitted = [] } }: Composition,
  { inputs }: Pick<RunFacts, "inputs">,
  about: Readonly<Record<string, unknown>> | undefined,
): InputSteps {
  const asked = askedSource(spec, registry);
  const { use, transforms: own } = asked;
  const place = Math.max(0, sourcesOf(spec).indexOf(asked));
  const passed = [
    ...placed(own, ["sources", place, "transforms"]),
    ...placed(spec.transforms, ["transforms"]),
  ]
    .filter((step) => isFor(step, "validation"))
    .filter((step) => registry.get("transform", step.use).keeps === undefined);
  // Other collate functions make inputs of fields that have other names.
  const isPlain = spec.loader.collate.use === "default";
  const names = inputs.map(({ name }) => name);
  return {
    source: { use, ...(about && { about }) },
    transforms: (isPlain ? stepsTo(names, passed, registry) : passed).map((step) => {
      const learned = fitted.some((each) => isDeepStrictEqual(each.path, step.path));
      const file = `${fittedName}/${fittedFile(step)}.json`;
      return { use: step.use, with: step.with, ...(learned && { fitted: file }) };
    }),
  };
}

function placed(steps: readonly TransformUse[], path: Step["path"]): Step[] {
  return steps.map((step, position) => ({ ...step, path: [...path, position] }));
}

/** Those on which the fields depend, as far as transforms say what they touch: a target's own are none of an input's. */
function stepsTo(fields: readonly string[], steps: readonly Step[], registry: Registry): Step[] {
  const needed = new Set(fields);
  const kept: Step[] = [];
  for (const [i, step] of [...steps.entries()].reverse()) {
    const touched = registry.get("transform", step.use).touches?.(step.with, {});
    if (touched === undefined) return [...steps.slice(0, i + 1), ...kept];
    if (!touched.writes.some((field) => needed.has(field))) continue;
    for (const field of touched.reads) needed.add(field);
    kept.unshift(step);
  }
  return kept;
}
