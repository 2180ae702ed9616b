/** The caches of a spec's source: opened once in the main thread, and shared by its splits and all workers. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dataset } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { SplitName } from "../contracts/split.js";
import {
  type CacheHandle,
  newDiskCache,
  newMemoryCache,
  noFingerprint,
  withCache,
} from "../data/cache/cached.js";
import type { PluginModule } from "../plugin/load.js";
import type { PluginKind } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec, Use } from "../spec/schema.js";
import type { OpenCache } from "./dataset.js";
import { coreVersion, versionOf } from "./versions.js";

/** The options of `cache` in a spec. */
export interface CacheSettings {
  readonly in: "memory" | "disk";
  readonly maxBytes?: number;
  /** Relative to the spec. */
  readonly folder?: string;
  readonly maxTotalBytes?: number;
}

export interface SourceCachesOptions {
  readonly spec: Pick<Spec, "transforms" | "seed">;
  readonly use: Use;
  readonly dataset: Dataset;
  readonly registry: Registry;
  readonly modules: readonly PluginModule[];
  readonly baseUrl: URL;
  readonly logger?: Logger;
}

export class SourceCaches {
  readonly #options: SourceCachesOptions;
  /** By what the samples have passed. */
  readonly #handles = new Map<string, Promise<CacheHandle>>();
  readonly #opened: Dataset[] = [];

  constructor(options: SourceCachesOptions) {
    this.#options = options;
  }

  /** How a split's dataset opens its caches, and what of them its workers are given, once it has. */
  of(split: SplitName): {
    readonly open: OpenCache;
    readonly handles: Readonly<Record<number, CacheHandle>>;
  } {
    const handles: Record<number, CacheHandle> = {};
    const open: OpenCache = async (before, position, seeded) => {
      const passed = this.#passed(split, position);
      const name = [...passed, position].join(" ");
      // Splits whose samples have passed the same share one cache: samples are known by their index in the source.
      let handle = this.#handles.get(name);
      if (handle === undefined) {
        handle = this.#open(position, passed, seeded);
        this.#handles.set(name, handle);
      }
      handles[position] = await handle;
      const dataset = withCache(before, handles[position], this.#options.logger);
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
    const { transforms } = this.#options.spec;
    const before = [...transforms.keys()].slice(0, position);
    return before.filter((i) => transforms[i].only === undefined || transforms[i].only === split);
  }

  async #open(position: number, passed: readonly number[], seeded: boolean): Promise<CacheHandle> {
    const { spec, dataset, baseUrl, logger } = this.#options;
    const { in: where, folder, maxBytes, maxTotalBytes } = spec.transforms[position].with as CacheSettings;
    if (where === "memory") return newMemoryCache(dataset.length, { maxBytes });
    const about = await this.#about(position, passed, seeded);
    const place = resolve(fileURLToPath(baseUrl), folder ?? ".millrace/cache");
    return newDiskCache(dataset.length, about, { folder: place, maxBytes, maxTotalBytes, logger });
  }

  /** All that samples depend on. A cache among the transforms counts by its place alone. */
  async #about(position: number, passed: readonly number[], seeded: boolean): Promise<object> {
    const { spec, use, dataset, registry } = this.#options;
    const fingerprint = await dataset.fingerprint?.();
    if (fingerprint === undefined)
      throw noFingerprint(`source ${use.use}`).at(`transforms[${position}] cache`);
    const transforms = passed.map((i) => {
      const { use: name, with: options } = spec.transforms[i];
      return registry.get("transform", name).caches ? { use: name } : { use: name, with: options };
    });
    const used = [
      this.#version("source", use.use),
      ...transforms.map((t) => this.#version("transform", t.use)),
    ];
    return {
      source: use,
      fingerprint,
      facts: dataset.facts,
      transforms,
      ...(seeded && { seed: spec.seed }),
      versions: { core: coreVersion(), ...Object.fromEntries(used) },
    };
  }

  #version(kind: PluginKind, name: string): readonly [string, unknown] {
    const origin = this.#options.registry.origin(kind, name) ?? "this program";
    const module = this.#options.modules.find(({ specifier }) => specifier === origin);
    return [origin, module === undefined ? "unknown" : versionOf(module.url)];
  }
}
