/** States that were learned in earlier runs, by what they depend on: a second run of the same spec need not fit again. */
import { createHash } from "node:crypto";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { broadcastValue, groupOfOne } from "../../contracts/group.js";
import { blockLength } from "../../data/fit/blocks.js";
import { MillraceError, messageOf } from "../../errors.js";
import { LoggerService } from "../../plugin/service.js";
import { environmentOf } from "../caches.js";
import { fittedFormat, readOne, writeOne } from "./files.js";
import type { FittedTransform } from "./fitted.js";
import { contentBefore, type FitRequest, indicesOf, type Way } from "./part.js";
import type { Learning } from "./recipe.js";

/** States that are kept; the least recently used go first. */
const most = 256;

/**
 * Keeps states in a folder, each under a digest of all that it depends on: the source and its fingerprint, the training
 * split, the transforms before it, its options, and the versions of the code. Nothing is kept where the folder is not
 * given, the source has no fingerprint, or a transform needs a service.
 */
export class FitStore {
  readonly #request: FitRequest;
  readonly #way: Way;

  constructor(request: FitRequest, way: Way) {
    this.#request = request;
    this.#way = way;
  }

  /** All of several processes find what the first of them does, which alone keeps states. */
  async find(learning: Learning): Promise<FittedTransform | undefined> {
    const { group = groupOfOne } = this.#request.options;
    const found = group.rank === 0 ? await this.#read(learning) : undefined;
    const kept = await broadcastValue(group, found && { samples: found.samples, state: found.state });
    return kept && { ...learning, ...kept };
  }

  async #read(learning: Learning): Promise<FittedTransform | undefined> {
    const base = await this.#base(learning);
    if (base === undefined) return undefined;
    try {
      const { samples, state } = await readOne(base);
      const now = new Date();
      await utimes(`${base}.json`, now, now);
      return { ...learning, samples, state };
    } catch (error) {
      if (error instanceof MillraceError && error.code === "FILE_NOT_FOUND") return undefined;
      this.#warn("read", error);
      return undefined;
    }
  }

  async keep(fitted: FittedTransform): Promise<void> {
    if ((this.#request.options.group?.rank ?? 0) > 0) return;
    const base = await this.#base(fitted);
    if (base === undefined) return;
    try {
      await writeOne(base, fitted);
      await this.#evict(join(base, ".."));
    } catch (error) {
      this.#warn("written", error);
    }
  }

  /** The files' path without an ending. */
  async #base({ path, use, with: options }: Learning): Promise<string | undefined> {
    const { opened, options: line } = this.#request;
    const { place, transforms } = this.#way;
    if (line.fittedFolder === undefined) return undefined;
    const position = Number(path.at(-1));
    const own = place === undefined ? opened.sources.flatMap(({ entry }) => entry.transforms) : [];
    if ([...own, ...transforms.slice(0, position)].some((before) => this.#hasService(before.use)))
      return undefined;
    const caches = place === undefined ? opened.caches : opened.sources[place].caches;
    try {
      const content = await contentBefore(this.#request, this.#way, position);
      const indices = indicesOf(opened, place);
      const split = indices === undefined ? "all" : createHash("sha256").update(indices).digest("hex");
      const fit = { use, with: options, ...environmentOf(options), version: caches.versionOf(use) };
      const about = { ...content, fit, split, block: blockLength, format: fittedFormat };
      const key = createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 32);
      return join(line.fittedFolder, `${use}-${key}`);
    } catch (error) {
      if (error instanceof MillraceError && error.code === "CACHE_KEY") return undefined;
      throw error;
    }
  }

  #hasService(use: string): boolean {
    const { needs } = this.#request.options.registry.get("transform", use);
    return Object.values(needs ?? {}).some(({ name }) => name !== LoggerService.name);
  }

  async #evict(folder: string): Promise<void> {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    if (names.length <= most) return;
    const ages = await Promise.all(
      names.map(async (name) => ({ name, used: (await stat(join(folder, name))).mtimeMs })),
    );
    ages.sort((a, b) => a.used - b.used);
    for (const { name } of ages.slice(0, names.length - most)) {
      const base = join(folder, name.slice(0, -".json".length));
      await rm(`${base}.json`, { force: true });
      await rm(`${base}.safetensors`, { force: true });
      await rm(base, { force: true, recursive: true });
    }
  }

  #warn(what: string, error: unknown): void {
    const message = `a fitted state could not be ${what}, and is learned each time: ${messageOf(error)}`;
    this.#request.options.logger?.warn({}, message);
  }
}
