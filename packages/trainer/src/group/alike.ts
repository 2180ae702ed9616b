/** What ranks must have alike to train one model: a difference would be wrong sums, or a wait without an end. */
import { createHash } from "node:crypto";
import { agreeOn } from "@millrace/core";
import {
  type BatchSource,
  type FitContext,
  type InputForm,
  knownLength,
  knownSamples,
} from "@millrace/core/spec";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { TrainerOptions } from "../options.js";
import type { Together } from "./together.js";

/** What the state of a loader says of its data and their order. */
interface Told {
  readonly fingerprint?: Readonly<Record<"dataset" | "order" | "epochOrder" | "stream", string | undefined>>;
}

/** Before anything else that all do together. @throws MillraceError GROUP_FAILED, the same on every rank. */
export async function agreeOnRun(
  { group }: Together,
  options: TrainerOptions,
  context: Pick<FitContext, "train" | "validation" | "seed" | "resumeFrom" | "facts">,
): Promise<void> {
  if (group.size === 1) return;
  const { train, validation, seed, resumeFrom, facts } = context;
  const { device: _, ...rest } = options;
  const factsText = JSON.stringify(facts);
  await agreeOn(
    group,
    {
      seed,
      resumes: resumeFrom !== undefined,
      train: dataOf(train),
      ...(validation && { validation: dataOf(validation) }),
      labels: facts.labels,
      "facts (SHA-256)": createHash("sha256").update(factsText).digest("hex").slice(0, 16),
      "trainer.with": rest,
    },
    "Every rank must read the same data, by the same spec and on the same version of Millrace.",
  );
}

/** Once each has seen a batch of its own. @throws MillraceError GROUP_FAILED */
export async function agreeOnModel(
  { group }: Together,
  inputs: readonly InputForm[],
  model: LayersModel,
): Promise<void> {
  if (group.size === 1) return;
  await agreeOn(
    group,
    {
      inputs: Object.fromEntries(
        inputs.map(({ name, dtype, shape }) => [name, { type: dtype, axes: shape.length }]),
      ),
      weights: Object.fromEntries(
        model.weights.map(({ originalName, shape }, i) => [`${i} ${originalName}`, `[${shape.join(", ")}]`]),
      ),
    },
    "The data that ranks see must have one form: declare the types of fields, pad samples to one length, or state inputShape in the model's first layer.",
  );
}

function dataOf(source: BatchSource): object {
  const { fingerprint } = (source.state?.() ?? {}) as Told;
  const { dataset, order, epochOrder, stream } = fingerprint ?? {};
  return { batches: knownLength(source), samples: knownSamples(source), dataset, order, epochOrder, stream };
}
