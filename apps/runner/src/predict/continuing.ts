/** Texts that a run's language model continues, one after the other; whoever fails, fails alone. */
import { MillraceError } from "@millrace/core";
import { generate, type GenerateOptions, type PredictionLine, type Predictor } from "@millrace/core/spec";
import { faultOf, type Loose } from "./inputs.js";

/** A text with what the model adds to it, or why it adds nothing. */
export type Continued =
  | { readonly name: string; readonly continuation: string }
  | { readonly name: string; readonly error: MillraceError };

export interface Continuing {
  readonly line: PredictionLine;
  readonly predictor: Predictor;
  readonly options: GenerateOptions;
  /** Told of the prompt, and of each piece as it comes. */
  readonly onText?: (piece: string) => void;
}

/** In the order of the samples. Raises ABORTED. */
export async function* continuations(
  samples: AsyncIterable<Loose>,
  { line, predictor, options, onText }: Continuing,
): AsyncGenerator<Continued> {
  let index = 0;
  for await (const loose of samples) {
    const { name } = loose;
    if ("error" in loose) {
      yield { name, error: loose.error };
      continue;
    }
    try {
      const prompt = { sample: loose.sample, index: index++ };
      const begun = await generate(line, predictor, prompt, options);
      onText?.(begun.prompt);
      let continuation = "";
      for await (const { text } of begun.tokens) {
        continuation += text;
        onText?.(text);
      }
      yield { name, continuation };
    } catch (error) {
      if (error instanceof MillraceError && error.code === "ABORTED") throw error;
      yield { name, error: faultOf(error) };
    }
  }
}
