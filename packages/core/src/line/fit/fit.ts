/** Fits a spec's transforms to its training split, before any loader is made. */
import type { FieldTypes } from "../../contracts/dataset.js";
import { shareState } from "../../data/fit/state.js";
import { pathText } from "../../spec/parse.js";
import { isFor, type TransformUse } from "../../spec/use.js";
import { inOptionsAt } from "../placed.js";
import type { FittedTransform } from "./fitted.js";
import { type FitPart, type FitRequest, partBefore, pathAt, type Way } from "./part.js";
import { fitPass } from "./pass.js";
import { type StreamFitRequest, streamPartBefore } from "./stream.js";
import type { Learning } from "./recipe.js";
import { FitStore } from "./store.js";

/**
 * Fits every transform that has something to learn, in the order in which samples pass them: each source's own, then the
 * spec's. Neighbours whose fits do not depend on each other are fitted in one pass over the samples.
 */
export async function fitTransforms(request: Request): Promise<readonly FittedTransform[]> {
  const { spec, opened } = request;
  const fitted: FittedTransform[] = [];
  for (const [place, { entry }] of opened.sources.entries()) {
    fitted.push(...(await fitWay(request, { transforms: entry.transforms, place })));
  }
  return [...fitted, ...(await fitWay(request, { transforms: spec.transforms }))];
}

/** Samples that transforms may learn from. */
interface Lesson extends FitPart {
  learn(learning: readonly Learning[]): Promise<FittedTransform[]>;
}

interface Request extends Omit<FitRequest, "opened"> {
  readonly opened: FitRequest["opened"] | StreamFitRequest["opened"];
}
type Store = Pick<FitStore, "find" | "keep">;

/** What a stream taught is kept with the run alone: nobody knows whether it would give the same again. */
const noStore: Store = { find: () => Promise.resolve(undefined), keep: () => Promise.resolve() };

function isOfMap(request: Request): request is FitRequest {
  return request.opened.style === "map";
}

async function lessonBefore(request: Request, way: Way, position: number): Promise<Lesson> {
  if (!isOfMap(request)) return streamPartBefore(request as StreamFitRequest, way, position);
  const part = await partBefore(request, way, position);
  return { dataset: part.dataset, learn: (learning) => fitPass(request, part, learning) };
}

async function fitWay(request: Request, way: Way): Promise<FittedTransform[]> {
  const { opened, options } = request;
  const store = isOfMap(request) ? new FitStore(request, way) : noStore;
  const done = new Map<number, FittedTransform>();
  const learned = (fitted: FittedTransform): void => {
    done.set(Number(fitted.path.at(-1)), fitted);
    opened.fitted[pathText(fitted.path)] = fitted.state;
  };
  for (const position of way.transforms.keys()) {
    const read = await fitToOptions(request, way, position);
    if (read !== undefined) learned(read);
    const learning = learningAt(request, way, position);
    if (learning === undefined || done.has(position)) continue;
    const kept = await store.find(learning);
    if (kept !== undefined) {
      const { use, path, samples } = kept;
      options.report?.({ type: "fitted", name: use, place: pathText(path), samples });
      learned(kept);
      continue;
    }
    const part = await lessonBefore(request, way, position);
    if (!hasToLearn(request, learning, part)) continue;
    const group = [learning, ...(await withoutNeed(request, way, position, part, store))];
    for (const fitted of await part.learn(group)) {
      await store.keep(fitted);
      learned(fitted);
    }
  }
  return [...done.keys()].sort((a, b) => a - b).flatMap((position) => done.get(position) ?? []);
}

function learningAt({ options }: Request, way: Way, position: number): Learning | undefined {
  const { use, with: given } = way.transforms[position];
  const plugin = options.registry.get("transform", use);
  if (plugin.fit === undefined || plugin.fitsOptions === true) return undefined;
  return { path: pathAt(way, position), use, with: given };
}

/** What follows from the options alone; undefined for what has to see samples, or learns nothing. */
async function fitToOptions(
  { options, context }: Request,
  way: Way,
  position: number,
): Promise<FittedTransform | undefined> {
  const { use, with: given } = way.transforms[position];
  const plugin = options.registry.get("transform", use);
  if (plugin.fitsOptions !== true) return undefined;
  const path = pathAt(way, position);
  return inOptionsAt([...path, "with"], () => {
    const fitter = plugin.fit?.(given, { ...context, facts: {}, fields: {} });
    return fitter && { path, use, with: given, samples: 0, state: shareState(fitter.state()) };
  });
}

/** Its options may leave nothing to be learned. */
function hasToLearn(
  { options, context }: Request,
  { use, with: given }: Learning,
  { dataset }: FitPart,
): boolean {
  const { facts = {}, fields = {} } = dataset;
  return options.registry.get("transform", use).fit?.(given, { ...context, facts, fields }) !== undefined;
}

/**
 * Those behind `position` that can learn from the same samples: every transform from there to them states the fields that
 * it writes (`touches`), and none of these is among the fields that they read.
 */
async function withoutNeed(
  request: Request,
  way: Way,
  position: number,
  part: FitPart,
  store: Store,
): Promise<Learning[]> {
  const { fields = {} } = part.dataset;
  const written = new Set<string>();
  const found: Learning[] = [];
  for (let at = position; at < way.transforms.length; at++) {
    const transform = way.transforms[at];
    const { keeps } = request.options.registry.get("transform", transform.use);
    if (keeps !== undefined) continue;
    const touched = touchedBy(request, transform, fields);
    const learning = at > position ? learningAt(request, way, at) : undefined;
    if (learning !== undefined && touched !== undefined && !touched.reads.some((name) => written.has(name))) {
      const joins = hasToLearn(request, learning, part) && (await store.find(learning)) === undefined;
      if (joins) found.push(learning);
    }
    // What training samples do not pass changes nothing for those behind it.
    if (!isFor(transform, "train")) continue;
    if (touched === undefined) break;
    for (const name of touched.writes) written.add(name);
  }
  return found;
}

function touchedBy({ options }: Request, { use, with: given }: TransformUse, fields: FieldTypes) {
  return options.registry.get("transform", use).touches?.(given, fields);
}
