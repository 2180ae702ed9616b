/** Passes loose samples through the run's transforms and its model, a batch at a time; whoever fails, fails alone. */
import {
  arrayConstructors,
  type Batch,
  didYouMean,
  isNdArray,
  type LooseFault,
  MillraceError,
  messageOf,
} from "@millrace/core";
import type { Answers, InputForm, PredictionLine, Predictor } from "@millrace/core/spec";
import { known, type RunFacts } from "../run/run-folder.js";
import { faultOf, type Loose } from "./inputs.js";
import { shortestFloat32, shortestWithin } from "./shortest.js";

/** What the model says of one input, or why it says nothing. */
export type Answered =
  | { readonly name: string; readonly answer: Answer }
  | { readonly name: string; readonly error: MillraceError };

/** The numbers for one sample, each with no more digits than it has to say. */
export interface Answer {
  readonly kind: Answers["kind"];
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface Asking {
  readonly line: PredictionLine;
  readonly predictor: Predictor;
  readonly facts: RunFacts;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

interface Ready {
  readonly name: string;
  /** The fields that the model reads. */
  readonly sample: object;
  /** All that there are. */
  readonly whole: object;
}

/** In the order of the samples. Raises ABORTED. */
export async function* answers(samples: AsyncIterable<Loose>, asking: Asking): AsyncGenerator<Answered> {
  let waiting: Loose[] = [];
  for await (const sample of samples) {
    if (asking.signal.aborted) throw new MillraceError("ABORTED", "the prediction was stopped");
    waiting.push(sample);
    if (waiting.length < asking.batchSize) continue;
    yield* await answered(waiting, asking);
    waiting = [];
  }
  yield* await answered(waiting, asking);
}

async function answered(waiting: readonly Loose[], asking: Asking): Promise<Answered[]> {
  const seen = await Promise.all(waiting.map((each) => transformed(each, asking)));
  const ready = seen.filter((each): each is Ready => "sample" in each);
  const told = new Map<Ready, Answered>();
  for (const [i, each] of (await ask(ready, asking)).entries()) told.set(ready[i], each);
  return seen.map((each) => ("error" in each ? each : (told.get(each) as Answered)));
}

/** The fields that the model reads, made as validation makes them; collation may add those that are not there. */
async function transformed(loose: Loose, { line, facts }: Asking): Promise<Ready | LooseFault> {
  const { name } = loose;
  if ("error" in loose) return { name, error: loose.error };
  try {
    const seen = (await line.transform(loose.sample)) as Readonly<Record<string, unknown>>;
    const own = facts.inputs.filter((input) => Object.hasOwn(seen, input.name));
    if (own.length === 0) throw lacking(facts, facts.inputs[0].name, seen);
    const fields = own.map((input) => [input.name, ofType(input, seen[input.name])] as const);
    const sample = Object.fromEntries(fields);
    return { name, sample, whole: { ...seen, ...sample } };
  } catch (error) {
    return { name, error: faultOf(error) };
  }
}

function lacking(facts: RunFacts, field: string, fields: unknown): MillraceError {
  const there = Object.keys(fields as object);
  const { fields: had = {} } = known(facts);
  // What transforms make the field of is among those of the samples that it was trained on.
  const trained = Object.keys(had).filter((name) => name !== "label");
  const hint = `It was trained on samples with ${trained.map((name) => `"${name}"`).join(", ")}.`;
  return new MillraceError(
    "INPUT_INVALID",
    `the model reads the field "${field}", but there is ${there.join(", ") || "nothing"}${didYouMean(field, there)}`,
    trained.length > 0 && !Object.hasOwn(had, field) ? { hint } : {},
  );
}

/** JSON knows only one kind of number; the model may have been trained on whole ones. */
function ofType({ dtype, shape }: InputForm, value: unknown): unknown {
  if (shape.length === 0 && (typeof value === "number" || typeof value === "boolean")) {
    return { dtype, shape: [], data: arrayConstructors[dtype].from([Number(value)]) };
  }
  if (!isNdArray(value) || value.dtype === dtype) return value;
  return { ...value, dtype, data: arrayConstructors[dtype].from(value.data) };
}

/** Of the fields that the model reads, as others may not fit together; of all, where collation wants more than these. */
async function collated(ready: readonly Ready[], { line }: Asking): Promise<unknown> {
  try {
    return await line.collate(ready.map(({ sample }) => sample));
  } catch (error) {
    return line.collate(ready.map(({ whole }) => whole)).catch(() => {
      throw error;
    });
  }
}

/** A batch that cannot be answered is asked one sample after the other, so that those at fault are found. */
async function ask(ready: readonly Ready[], asking: Asking): Promise<Answered[]> {
  if (ready.length === 0) return [];
  try {
    const data = await collated(ready, asking);
    const missing = asking.facts.inputs.find(({ name }) => !Object.hasOwn(data as object, name));
    if (missing !== undefined) throw lacking(asking.facts, missing.name, data);
    const batch: Batch = { data, indices: [...ready.keys()], epoch: 0, step: 0, release: () => {} };
    const { kind, shape, data: values, resolution } = await asking.predictor.answer(batch);
    const size = values.length / ready.length;
    const one = (i: number): number => {
      if (kind !== "numbers") return values[i];
      if (resolution !== undefined) return shortestWithin(values[i], resolution[i]);
      return values instanceof Float32Array ? shortestFloat32(values[i]) : values[i];
    };
    return ready.map(({ name }, i) => ({
      name,
      answer: {
        kind,
        shape: shape.slice(1),
        values: Array.from({ length: size }, (_, at) => one(i * size + at)),
      },
    }));
  } catch (error) {
    if (ready.length === 1) return [{ name: ready[0].name, error: alone(error) }];
    const told: Answered[] = [];
    for (const each of ready) told.push(...(await ask([each], asking)));
    return told;
  }
}

/** Without the place in a batch of one, which tells nothing. */
function alone(error: unknown): MillraceError {
  const { message, code, hint } = MillraceError.from(error, "UNEXPECTED", messageOf(error));
  return new MillraceError(code, message, { hint, cause: error });
}
