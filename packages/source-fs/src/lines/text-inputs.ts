/** Text files and texts as samples for a model that lines of text have trained. */
import { MillraceError, type SourceInputs } from "@millrace/core";
import { indexRecords } from "./record-index.js";
import { lineScanner } from "./scan-lines.js";
import { type WindowOptions, windowTexts } from "./window-texts.js";

/** Windows of lines as in training; a line of JSON Lines has the whole text as `text`. */
export function textInputs(options: WindowOptions & { readonly maxUnzippedBytes: number }): SourceInputs {
  const { window, stride = window, skipBlank } = options;
  return {
    endings: [".txt"],
    about: { window, stride, skipBlank },
    async *read(path) {
      const files = [{ name: path, path }];
      const index = await indexRecords(files, "the input", options.maxUnzippedBytes, ({ name }, onRecord) =>
        lineScanner(name, options, onRecord),
      );
      const { length, textsAt, keyOf, close } = windowTexts(index, options);
      try {
        for (let at = 0; at < length; at++) {
          const name = keyOf(at);
          try {
            yield { name, sample: { text: textsAt([at])[0] } };
          } catch (error) {
            if (!(error instanceof MillraceError)) throw error;
            yield { name, error };
          }
        }
      } finally {
        close();
      }
    },
    fromValues({ text }) {
      if (typeof text === "string") return { text };
      throw new MillraceError(
        "INPUT_INVALID",
        `"text" must be a text, was ${JSON.stringify(text) ?? "missing"}`,
      );
    },
  };
}
