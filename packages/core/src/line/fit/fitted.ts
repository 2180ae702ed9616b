/** What the fitted transforms of a spec have learned, by where they stand. */
import { isDeepStrictEqual } from "node:util";
import type { FittedState } from "../../contracts/transform.js";
import { shareState } from "../../data/fit/state.js";
import { MillraceError } from "../../errors.js";
import { pathText } from "../../spec/parse.js";
import type { Spec } from "../../spec/schema.js";
import type { TransformUse } from "../../spec/use.js";

/** A transform that has been fitted: what is kept of it with a run. */
export interface FittedTransform {
  /** Where it stands in the spec: `["transforms", 2]`, `["sources", 0, "transforms", 1]`. */
  readonly path: readonly (string | number)[];
  readonly use: string;
  readonly with: unknown;
  /** Training samples that it was fitted on. */
  readonly samples: number;
  readonly state: FittedState;
}

/** The states by the text of their transforms' paths, arrays in shared memory: what threads are given. */
export type FittedStates = Readonly<Record<string, FittedState>>;

/** @throws MillraceError FIT_MISSING where one belongs to another transform than the spec has there now. */
export function statesOf(spec: Spec, fitted: readonly FittedTransform[]): Record<string, FittedState> {
  const entries = fitted.map((each): [string, FittedState] => {
    const now = transformAt(spec, each.path);
    if (now === undefined || now.use !== each.use || !sameOptions(each.with, now.with))
      throw changed(each, now);
    return [pathText(each.path), shareState(each.state)];
  });
  return Object.fromEntries(entries);
}

/** Options that came with a later version may be there besides. */
function sameOptions(then: unknown, now: unknown): boolean {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? {})) as Record<string, unknown>;
  const current = plain(now);
  return Object.entries(plain(then)).every(([name, value]) => isDeepStrictEqual(current[name], value));
}

function transformAt(spec: Spec, path: FittedTransform["path"]): TransformUse | undefined {
  const [, place] = path;
  const transforms = path.length > 2 ? spec.sources?.[Number(place)]?.transforms : spec.transforms;
  return transforms?.[Number(path.at(-1))];
}

function changed({ path, use, with: then }: FittedTransform, now: TransformUse | undefined): MillraceError {
  const is = now === undefined ? "nothing" : `${now.use} ${JSON.stringify(now.with)}`;
  return new MillraceError(
    "FIT_MISSING",
    `the run was fitted with ${use} ${JSON.stringify(then)} at ${pathText(path)}, but the spec has ${is} there`,
    { hint: "Take the run's own transforms, or train anew.", ...(now !== undefined && { path }) },
  );
}

/** A transform that has something to learn, where nobody has taught it. */
export function notFitted(use: string, path: readonly (string | number)[]): MillraceError {
  return new MillraceError(
    "FIT_MISSING",
    `${use} must be fitted on training samples before it is used, but the run has no state of it`,
    { hint: "Name a run that was trained with this spec; its folder has `fitted/`.", path },
  );
}
