/** A tokenizer fitted and asked as a run does it. */
import {
  type DatasetFacts,
  type FittedState,
  formsOf,
  type Plugin,
  type Transform,
  type TransformContext,
  type TransformForms,
  type Vocabulary,
} from "@millrace/core";

export type Fields = Readonly<Record<string, unknown>>;

const place = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields: {} };

/** What samples teach it; undefined where nothing is learned. */
export function fitted(
  plugin: Plugin<"transform">,
  options: object,
  samples: readonly Fields[],
): FittedState | undefined {
  const fitter = plugin.fit?.(plugin.options.parse(options), place);
  for (const sample of samples) fitter?.add(sample as never);
  return fitter?.state();
}

export function factsOf(
  plugin: Plugin<"transform">,
  options: object,
  state: FittedState | undefined,
): DatasetFacts {
  return plugin.facts?.({}, plugin.options.parse(options), state, {}) ?? {};
}

export async function create(
  plugin: Plugin<"transform">,
  options: object,
  state: FittedState | undefined,
  baseUrl = place.baseUrl,
): Promise<TransformForms<Fields, Fields>> {
  const context = { ...place, baseUrl, fitted: state };
  const made = await plugin.create(plugin.options.parse(options), context);
  return formsOf(made as Transform<Fields, Fields>);
}

/** The last of `texts` as a tokenizer that learned from all of them has it: the sample, and the names of its ids. */
export async function tokenize(plugin: Plugin<"transform">, options: object, ...texts: string[]) {
  const samples = texts.map((text) => ({ text }));
  const state = fitted(plugin, options, samples);
  const vocabulary = factsOf(plugin, options, state).vocabulary as Vocabulary;
  const forms = await create(plugin, options, state);
  const sample = await forms.apply(samples.at(-1) ?? {}, {} as TransformContext);
  const ids = [...(sample.tokens as Int32Array)];
  return { sample, ids, vocabulary, names: ids.map((id) => vocabulary.tokens[id]) };
}

/** What `work` throws or rejects with; undefined if it succeeds. */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}
