/** What each of several processes takes of a line: its share of every batch, and of the machine. */
import { availableParallelism } from "node:os";
import type { ProcessGroup } from "../contracts/group.js";
import type { Trainer } from "../contracts/trainer.js";
import { MillraceError } from "../errors.js";
import type { DataLoaderOptions } from "../loader/options.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec } from "../spec/schema.js";
import type { LineOptions } from "./line.js";

/** Of a loader's options. */
export function sharesOf(group: ProcessGroup | undefined): Pick<DataLoaderOptions, "shard" | "cores"> {
  if (group === undefined || group.size === 1) return {};
  const { rank, size, localSize } = group;
  return { shard: { rank, size }, cores: Math.max(1, Math.floor(availableParallelism() / localSize)) };
}

/** @throws MillraceError OPTION_INVALID where several processes would each train a model of their own. */
export function checkTrainer({ trainer: { use } }: Spec, trainer: Trainer, group?: ProcessGroup): void {
  if (group === undefined || group.size === 1 || trainer.takesGroup === true) return;
  throw new MillraceError(
    "OPTION_INVALID",
    `the trainer "${use}" must know how to train one model with ${group.size} processes, does not`,
    { hint: "Start one process, or take a trainer that does, such as tfjs.", path: ["trainer", "use"] },
  );
}

/** Says what costs every process its own memory, though one could do for all of a host. */
export function tellOfCaches({ sources, transforms }: Spec, { group, registry, logger }: LineOptions): void {
  if (group === undefined || group.size === 1 || group.rank > 0) return;
  const all = [...(sources ?? []).flatMap((source) => source.transforms), ...transforms];
  if (!all.some(({ use, with: options }) => keepsInMemory(registry, use, options))) return;
  const text = `each of the ${group.localSize} processes of a host fills a cache in memory of its own; one on disk is filled once`;
  logger?.info({ ranks: group.size }, text);
}

function keepsInMemory(registry: Registry, use: string, options: unknown): boolean {
  const { keeps } = registry.get("transform", use);
  return keeps?.outlives(options) === false;
}
