/** Texts of a person's own as token ids, to be judged or continued. */
import { readFile } from "node:fs/promises";
import { fileFault, MillraceError, type SourceInputs } from "@millrace/core";
import type { CorpusTokenizer } from "./tokenizers.js";

export function textInputs({ vocabulary, encode }: CorpusTokenizer): SourceInputs {
  const idsOf = (text: string): { readonly tokens: Int32Array } => {
    const [ids] = encode([text]);
    const { begin } = vocabulary;
    return { tokens: begin === undefined ? ids : Int32Array.of(begin, ...ids) };
  };
  return {
    endings: [".txt"],
    async *read(path) {
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        throw fileFault(error, path, "cannot be read");
      });
      yield { name: path, sample: idsOf(text) };
    },
    fromValues({ text }) {
      if (typeof text !== "string")
        throw new MillraceError("INPUT_INVALID", 'a text must be given as "text", was not');
      return idsOf(text);
    },
    about: { tokens: "ids of the text, behind the beginning if there is a token for it" },
  };
}
