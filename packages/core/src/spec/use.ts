/** How a spec refers to plugins. */
import type { SplitName } from "../contracts/split.js";

/** A reference to a plugin: its name and its checked options. */
export interface Use {
  readonly use: string;
  readonly with: unknown;
}

/** A transform in its place among others; `only` for one split, or for several. */
export interface TransformUse extends Use {
  readonly only?: SplitName | readonly SplitName[] | undefined;
}

/** Whether the samples of `split` pass the transform. */
export function isFor({ only }: Pick<TransformUse, "only">, split: SplitName): boolean {
  return only === undefined || [only].flat().includes(split);
}
