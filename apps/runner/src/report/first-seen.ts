/** The training samples' loader as it is given to a trainer, watched for its first batch, which the report shows. */
import type { Dataset } from "@millrace/core";
import type { BatchSource, Line } from "@millrace/core/spec";
import { type FirstBatch, seeingFirst } from "../run/first-batch.js";
import type { RunHistory } from "../run/history.js";
import { firstBatchHtml } from "./first-batch.js";
import type { Html } from "./html.js";

export interface FirstSeen {
  readonly train: BatchSource;
  /** Nothing before the first batch has passed. */
  section(): Promise<Html | undefined>;
}

export function firstSeen({ loaders, facts, spec }: Line, history: RunHistory): FirstSeen {
  let batch: FirstBatch | undefined;
  let made: Promise<Html | undefined> | undefined;
  const { dataset } = loaders.train;
  const { target = "label" } = spec.trainer.with as { readonly target?: string };
  return {
    train: seeingFirst(loaders.train, (first) => {
      batch = first;
    }),
    async section() {
      if (batch === undefined) return undefined;
      const inputs = history.model?.inputs?.map(({ name }) => name);
      const key = (index: number) => (dataset as Partial<Dataset>).key?.(index);
      // A report must not fail for a picture that cannot be drawn.
      made ??= firstBatchHtml({ batch, facts, inputs, target, key }).catch(() => undefined);
      return made;
    },
  };
}
