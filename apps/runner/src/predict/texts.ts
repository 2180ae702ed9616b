/** What a person types to be judged, or to be continued. */
import { type DatasetFacts, MillraceError } from "@millrace/core";

/** The field of a sample that holds its text, as the run's source states its fields. @throws MillraceError INPUT_INVALID */
export function textField({ fields = {} }: DatasetFacts): string {
  const texts = Object.entries(fields).flatMap(([name, { type }]) => (type === "text" ? [name] : []));
  if (texts.length === 1) return texts[0];
  // The source may know how to make a sample of a text; it says so where it does not.
  if (texts.length === 0) return "text";
  throw new MillraceError(
    "INPUT_INVALID",
    `--text stands for a sample of one text, but this run's samples have ${texts.join(", ")}`,
    { hint: 'Give lines of JSON Lines on stdin: echo \'{"title": "…"}\' | millrace predict RUN -' },
  );
}
