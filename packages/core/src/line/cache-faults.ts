/** What may not stand before a cache, found when a spec is checked. */
import { splitNames } from "../contracts/split.js";
import { LoggerService } from "../plugin/service.js";
import type { Registry } from "../plugin/registry.js";
import { pathText } from "../spec/parse.js";
import type { SpecText } from "../spec/read.js";
import type { Spec } from "../spec/schema.js";
import { isFor, type TransformUse } from "../spec/use.js";

type Transforms = readonly TransformUse[];

/** A transform, and where it stands in the spec. */
interface Step {
  readonly transform: Transforms[number];
  readonly path: readonly (string | number)[];
}

/** Faults as `specInvalid` takes them: each with its position, the rule, and what to do. */
export function cacheFaults(spec: Spec, text: SpecText, registry: Registry): string[] {
  const common = stepsOf(spec.transforms, ["transforms"]);
  const ways = (spec.sources ?? []).map(({ transforms }, place) =>
    stepsOf(transforms, ["sources", place, "transforms"]),
  );
  return [
    ...ways.flatMap((own) => faultsOf(own, [...own, ...common], text, registry)),
    ...faultsOf(common, common, text, registry),
  ];
}

function stepsOf(transforms: Transforms, path: readonly (string | number)[]): Step[] {
  return transforms.map((transform, position) => ({ transform, path: [...path, position] }));
}

/** The faults of the first `steps` of the way that samples go. */
function faultsOf(
  steps: readonly Step[],
  way: readonly Step[],
  text: SpecText,
  registry: Registry,
): string[] {
  const faults: string[] = [];
  for (const [position, { transform, path }] of steps.entries()) {
    const { use } = transform;
    const behind = way.find(
      ({ transform: other }, i) =>
        i > position &&
        registry.get("transform", other.use).keeps !== undefined &&
        splitNames.some((split) => isFor(transform, split) && isFor(other, split)),
    );
    if (behind === undefined) continue;
    const fault = (reason: string): void => {
      faults.push(`${text.locate(path)} ${pathText(path)}: ${reason}`);
    };
    const { random, needs } = registry.get("transform", use);
    if (random === true) {
      fault(
        `${use} draws random numbers, and must stand behind the cache at ${pathText(behind.path)}, which keeps one result for all epochs`,
      );
    }
    const service = Object.values(needs ?? {}).find(({ name }) => name !== LoggerService.name);
    const cache = behind.transform;
    const outlives = registry.get("transform", cache.use).keeps?.outlives(cache.with) === true;
    if (service !== undefined && outlives) {
      fault(
        `${use} needs the service "${service.name}", whose state no key on disk covers: put it behind the cache at ${pathText(behind.path)}, or let that be in "memory"`,
      );
    }
  }
  return faults;
}
