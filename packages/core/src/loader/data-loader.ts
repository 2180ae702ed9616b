/** The DataLoader as programs see it: its batches have the types that the samples give them. */
import type { Collated, Converted } from "../contracts/collated.js";
import type { Dataset } from "../contracts/dataset.js";
import type { StreamLike } from "../contracts/iterable.js";
import { DataLoader as Loader } from "./loader.js";
import type { DataLoaderOptions } from "./options.js";

/** Batches of type B, of a dataset of samples of type S. */
export interface DataLoader<S = unknown, B = unknown> extends Loader<S, B> {}

/** What `new DataLoader` takes. B is what `collate` returns, or what the default makes of S. */
export interface DataLoaderConstructor {
  /** With batching off, each sample by itself. @throws MillraceError LOADER_OPTION */
  new <S, B = Converted<S>>(
    dataset: Dataset<S> | readonly S[] | StreamLike<S>,
    options: DataLoaderOptions<NoInfer<S>, B> & { readonly batchSize: null },
  ): DataLoader<S, B>;
  /** @throws MillraceError LOADER_OPTION for an option out of range, or options that exclude each other. */
  new <S, B = Collated<S>>(
    dataset: Dataset<S> | readonly S[] | StreamLike<S>,
    options?: DataLoaderOptions<NoInfer<S>, B>,
  ): DataLoader<S, B>;
  readonly prototype: DataLoader;
}

export const DataLoader: DataLoaderConstructor = Loader;
