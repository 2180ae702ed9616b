/** What may not stand before a cache, found when a spec is checked. */
import { LoggerService } from "../plugin/service.js";
import type { Registry } from "../plugin/registry.js";
import type { SpecText } from "../spec/read.js";
import type { Spec } from "../spec/schema.js";
import type { CacheSettings } from "./caches.js";

/** Faults as `specInvalid` takes them: each with its position, the rule, and what to do. */
export function cacheFaults({ transforms }: Spec, text: SpecText, registry: Registry): string[] {
  const faults: string[] = [];
  for (const [position, { use, only }] of transforms.entries()) {
    const behind = transforms.findIndex(
      (other, i) =>
        i > position &&
        registry.get("transform", other.use).caches === true &&
        (only === undefined || other.only === undefined || only === other.only),
    );
    if (behind < 0) continue;
    const fault = (reason: string): void => {
      faults.push(`${text.locate(["transforms", position])} transforms[${position}]: ${reason}`);
    };
    const { random, needs } = registry.get("transform", use);
    if (random === true) {
      fault(
        `${use} draws random numbers, and must stand behind the cache at transforms[${behind}], which keeps one result for all epochs`,
      );
    }
    const service = Object.values(needs ?? {}).find(({ name }) => name !== LoggerService.name);
    const { in: where } = transforms[behind].with as CacheSettings;
    if (service !== undefined && where === "disk") {
      fault(
        `${use} needs the service "${service.name}", whose state no key on disk covers: put it behind the cache at transforms[${behind}], or let that be in "memory"`,
      );
    }
  }
  return faults;
}
