/** The loader of one split, whatever its source gives. */
import type { Dataset } from "../contracts/dataset.js";
import type { DataLoader } from "../loader/loader.js";
import { type LoaderRequest, openMapLoader } from "./loader.js";
import { samplesOf, type SplitOf } from "./sources.js";
import { openStreamLoader } from "./streams/loader.js";
import type { OpenedStream } from "./streams/open.js";

/** A split to be read, and what of it is known by index. */
export interface OpenedSplit {
  readonly loader: DataLoader;
  /** Its samples before any transform; those of a stream come once. */
  readonly samples?: Dataset;
}

export async function openSplit(
  of: SplitOf,
  request: Omit<LoaderRequest, "indices" | "source" | "split">,
): Promise<OpenedSplit> {
  const { split } = of.part;
  if (isStream(of)) return { loader: await openStreamLoader({ ...request, ...of, split }) };
  const {
    source,
    part: { indices },
  } = of;
  const loader = await openMapLoader({ ...request, source, split, ...(indices && { indices }) });
  return { loader, samples: samplesOf(source, indices) };
}

function isStream(of: SplitOf): of is Extract<SplitOf, { readonly source: OpenedStream }> {
  return of.source.style === "stream";
}
