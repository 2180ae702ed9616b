/** A dataset seen through a chain of transforms, each with random numbers of its own address. */
import type { Dataset, FetchContext, FieldTypes } from "../../contracts/dataset.js";
import { isDeferred } from "../../contracts/dataset.js";
import type { Transform, TransformContext } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { isPlainObject } from "../collate.js";
import { fieldTypesOf, infers } from "../field-types.js";
import { nameOf } from "../sample-name.js";
import { randomAt } from "../philox.js";

/** One transform of a chain. */
export interface ChainLink {
  /** The plugin's name, for messages. */
  readonly name: string;
  readonly apply: Transform;
  /** True if it takes samples whose fields may be deferred. */
  readonly deferred: boolean;
  /** Its position in the spec, for messages. */
  readonly position: number;
  /** Where it stands in the spec, for messages, if that is not among the spec's own transforms. */
  readonly place?: string;
  /** Part of the address of its random numbers; its position by default, so that leaving one out moves no other's. */
  readonly address?: number;
  /** What it makes of the types of fields: see `defineTransform`. */
  readonly fields?: (fields: FieldTypes) => FieldTypes;
}

/** How a chain ends. */
export interface TransformChainOptions {
  /** Leaves fields deferred that are, for a chain that follows; default false. */
  readonly deferred?: boolean;
}

/**
 * `dataset` with every sample passed through `chain`. A transform's random numbers are those at (seed, epoch, index in
 * `dataset`, position), so they do not depend on workers, order, or the other transforms.
 */
export function transformChain(
  dataset: Dataset,
  chain: readonly ChainLink[],
  seed: number,
  { deferred = false }: TransformChainOptions = {},
): Dataset {
  const getMany = dataset.getMany?.bind(dataset);
  const apply = (sample: unknown, index: number, context: FetchContext) =>
    chain.length === 0 && !deferred
      ? materialize(sample)
      : applyChain(sample, chain, seed, context, index, deferred);
  // Whoever asks for one sample names it in a fault; of many, only this place knows which one it was.
  const applyNamed = async (sample: unknown, index: number, context: FetchContext) => {
    try {
      return await apply(sample, index, context);
    } catch (error) {
      throw MillraceError.from(error, "SAMPLE_FAILED", "a transform failed", {
        where: [nameOf(dataset, index)],
      });
    }
  };
  const own: Dataset = {
    get length() {
      return dataset.length;
    },
    facts: dataset.facts,
    // A transform says what it changes; what was only found by looking holds for untouched samples alone.
    fields: chain.reduce((fields, link) => link.fields?.(fields ?? {}) ?? fields, dataset.fields),
    get: async (index, context) => apply(await dataset.get(index, context), index, context),
    // Without a transform there is nothing to see of single samples.
    getBatch: chain.length === 0 ? dataset.getBatch?.bind(dataset) : undefined,
    getMany:
      getMany &&
      (async (indices, context) => {
        const samples = await getMany(indices, context);
        return Promise.all(samples.map((sample, i) => applyNamed(sample, indices[i], context)));
      }),
    key: dataset.key?.bind(dataset),
    origin: dataset.origin?.bind(dataset),
    column: dataset.column?.bind(dataset),
    close: () => dataset.close?.(),
  };
  return chain.length === 0 ? infers(own, () => fieldTypesOf(dataset)) : own;
}

async function applyChain(
  sample: unknown,
  chain: readonly ChainLink[],
  seed: number,
  { epoch, progress, fixed }: FetchContext,
  index: number,
  keepDeferred: boolean,
): Promise<unknown> {
  let value = sample;
  try {
    for (const { name, apply, deferred, position, place, address = position } of chain) {
      progress?.transforming(position, name);
      try {
        if (!deferred) value = await materialize(value);
        value = await apply(
          value,
          fixed ? withoutRandom(index) : { index, epoch, random: randomAt(seed, epoch, index, address + 1) },
        );
      } catch (error) {
        throw MillraceError.from(error, "SAMPLE_FAILED", "a transform failed", {
          where: [place ?? `transform ${position} ${name}`],
        });
      }
    }
    return keepDeferred ? value : await materialize(value);
  } finally {
    progress?.transformed();
  }
}

/** What a transform is told before a cache: whatever differs between epochs would be the same in all of them. */
function withoutRandom(index: number): TransformContext {
  const refuse = (what: string) => (): never => {
    throw new MillraceError(
      "CACHE_RANDOM",
      `before a cache, samples must be the same in every epoch, but the transform asked for ${what}`,
      { hint: "Put it behind the cache, and set `random: true` in its definition." },
    );
  };
  const draw = refuse("a random number");
  const random = { uniform: draw, between: draw, integer: draw, normal: draw, chance: draw };
  return Object.defineProperty({ index, epoch: 0, random }, "epoch", { get: refuse("the epoch") });
}

/** True if the sample is deferred, or one of its fields. */
export function hasDeferred(sample: unknown): boolean {
  if (typeof sample !== "object" || sample === null) return false;
  if (isDeferred(sample)) return true;
  if (Array.isArray(sample)) return sample.some(isDeferred);
  return isPlainObject(sample) && Object.values(sample).some(isDeferred);
}

/** The sample with its deferred fields made: the sample itself, or fields of an object or array. */
export async function materialize(sample: unknown): Promise<unknown> {
  if (!hasDeferred(sample)) return sample;
  if (isDeferred(sample)) return sample.materialize();
  if (Array.isArray(sample)) return Promise.all(sample.map(materializeField));
  const made = Object.entries(sample as object).map(
    async ([key, value]) => [key, await materializeField(value)] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

function materializeField(value: unknown): unknown {
  return isDeferred(value) ? value.materialize() : value;
}
