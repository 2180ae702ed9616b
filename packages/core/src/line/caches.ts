/** The caches of a spec's source: opened once in the main thread, and shared by its splits and all workers. */
import type { Dataset } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { SplitName } from "../contracts/split.js";
import { noFingerprint } from "../data/cache/cached.js";
import { digestState } from "../data/fit/state.js";
import { environmentDigest } from "../kit/environment.js";
import type { PluginModule } from "../plugin/load.js";
import type { Keeping } from "../plugin/keeping.js";
import type { PluginKind } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import { pathText } from "../spec/parse.js";
import { isFor, type TransformUse, type Use } from "../spec/use.js";
import type { OpenCache } from "./dataset.js";
import type { FittedStates } from "./fit/fitted.js";
import { coreVersion, versionOf } from "./versions.js";

/** A source whose samples are kept. */
export interface CachedSource {
  readonly use: Use;
  readonly dataset: Dataset;
  readonly transforms: readonly TransformUse[];
}

export interface SourceCachesOptions {
  /** What the caches stand among. */
  readonly transforms: readonly TransformUse[];
  /** Where these stand in the spec. */
  readonly path: readonly (string | number)[];
  /** What fitted transforms have learned by the time a cache is opened: samples behind them depend on it. */
  readonly fitted: FittedStates;
  readonly seed: number;
  /** Where the samples come from, and what they passed before `transforms`. */
  readonly sources: readonly CachedSource[];
  readonly registry: Registry;
  readonly modules: readonly PluginModule[];
  readonly baseUrl: URL;
  readonly logger?: Logger;
}

type Path = SourceCachesOptions["path"];

/** What samples depend on, as plain JSON. */
export interface Content {
  readonly transforms: readonly object[];
  readonly versions: Readonly<Record<string, unknown>>;
}

export class SourceCaches {
  readonly #options: SourceCachesOptions;
  /** By what the samples have passed. */
  readonly #handles = new Map<string, Promise<unknown>>();
  readonly #opened: Dataset[] = [];

  constructor(options: SourceCachesOptions) {
    this.#options = options;
  }

  /** How a split's dataset opens its caches, and what of them its workers are given, once it has. */
  of(split: SplitName): {
    readonly open: OpenCache;
    readonly handles: Readonly<Record<number, unknown>>;
  } {
    const handles: Record<number, unknown> = {};
    const open: OpenCache = async (before, position, seeded, keeps) => {
      const passed = this.#passed(split, position);
      const own = this.#options.sources.map(({ transforms }) => keptBy(transforms, split));
      const name = JSON.stringify([own, passed, position]);
      // Splits whose samples have passed the same share one cache: samples are known by their index in the source.
      let handle = this.#handles.get(name);
      if (handle === undefined) {
        handle = this.#open(keeps, position, split, seeded);
        this.#handles.set(name, handle);
      }
      handles[position] = await handle;
      const dataset = keeps.keep(before, handles[position], this.#options.logger);
      this.#opened.push(dataset);
      return dataset;
    };
    return { open, handles };
  }

  async close(): Promise<void> {
    for (const dataset of this.#opened.splice(0)) await dataset.close?.();
  }

  /** The positions of the transforms before a cache that a split's samples pass. */
  #passed(split: SplitName, position: number): number[] {
    return keptBy(this.#options.transforms.slice(0, position), split);
  }

  async #open(keeps: Keeping, position: number, split: SplitName, seeded: boolean): Promise<unknown> {
    const { transforms, sources, baseUrl, logger } = this.#options;
    const length = sources.reduce((sum, { dataset }) => sum + dataset.length, 0);
    const content = () => this.content(position, split, { seeded });
    return keeps.open(transforms[position].with, { length, baseUrl, ...(logger && { logger }), content });
  }

  /** All that the samples before `position` depend on. A cache among the transforms counts by its place alone. */
  async content(
    position: number,
    split: SplitName,
    { seeded, learned = true }: { readonly seeded: boolean; readonly learned?: boolean },
  ): Promise<Content> {
    const { transforms, seed, sources, path } = this.#options;
    const stepAt = (steps: readonly TransformUse[], from: Path, i: number) => {
      const { fitsOptions = false } = this.#options.registry.get("transform", steps[i].use);
      const state = learned || fitsOptions ? this.#options.fitted[pathText([...from, i])] : undefined;
      return { ...this.#step(steps[i]), ...(state !== undefined && { fitted: digestState(state) }) };
    };
    const passed = this.#passed(split, position).map((i) => stepAt(transforms, path, i));
    const from = await Promise.all(
      sources.map(async ({ use, dataset, transforms: own }, place) => ({
        source: { use: use.use, with: use.with, ...environmentOf(use.with) },
        fingerprint: await this.#fingerprint(use, dataset, position),
        facts: dataset.facts,
        before: keptBy(own, split).map((i) => stepAt(own, ["sources", place, "transforms"], i)),
      })),
    );
    const steps = [...from.flatMap(({ before }) => before), ...passed];
    const used = [
      ...from.map(({ source }) => this.#version("source", source.use)),
      ...steps.map((step) => this.#version("transform", step.use)),
    ];
    const [{ source, fingerprint, facts, before }] = from;
    const one = from.length === 1 && before.length === 0;
    return {
      ...(one ? { source, fingerprint, facts } : { sources: from }),
      transforms: passed,
      ...(seeded && { seed }),
      versions: { core: coreVersion(), ...Object.fromEntries(used) },
    };
  }

  /** The version of the code of a transform. */
  versionOf(use: string): unknown {
    return this.#version("transform", use)[1];
  }

  #step({ use, with: options }: Use): { readonly use: string; readonly with?: unknown } {
    return this.#options.registry.get("transform", use).keeps !== undefined
      ? { use }
      : { use, with: options, ...environmentOf(options) };
  }

  async #fingerprint({ use }: Use, dataset: Dataset, position: number): Promise<string> {
    const fingerprint = await dataset.fingerprint?.();
    if (fingerprint === undefined) throw noFingerprint(`source ${use}`).at(`transforms[${position}] cache`);
    return fingerprint;
  }

  #version(kind: PluginKind, name: string): readonly [string, unknown] {
    const origin = this.#options.registry.origin(kind, name) ?? "this program";
    const module = this.#options.modules.find(({ specifier }) => specifier === origin);
    return [origin, module === undefined ? "unknown" : versionOf(module.url)];
  }
}

/** The positions of the transforms that a split's samples pass. */
function keptBy(transforms: readonly TransformUse[], split: SplitName): number[] {
  return [...transforms.keys()].filter((i) => isFor(transforms[i], split));
}

/** What options refer to in the environment is part of what they say, and must not be told. */
export function environmentOf(options: unknown): { readonly environment?: string } {
  const environment = environmentDigest(options);
  return environment === undefined ? {} : { environment };
}
