/** Commands that ask a served model, as the README beside it has them: only what it takes, and answers. */
import type { FieldType } from "@millrace/core";
import { known, type RunFacts } from "../run/run-folder.js";
import type { ModelRequest, ServedModel } from "./served-model.js";

/** Files by their endings: the type under which they are sent, and what one may be called. The first that a model takes is shown. */
const files = [
  [".png", "image/png", "photo.png"],
  [".wav", "audio/wav", "sound.wav"],
  [".csv", "text/csv", "new.csv"],
] as const;

/** One pixel. */
const picture =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";
/** Characters of a row that is shown. */
const longest = 2000;

export async function exampleCommands(model: ServedModel, facts: RunFacts): Promise<string[]> {
  const { endings, text } = model.about;
  const isAnswered = async (request: ModelRequest): Promise<boolean> =>
    (await model.ask(request, { maxTokens: 1 })).every((answer) => !("error" in answer));
  const own = sourceRow(facts);
  const typed = text === undefined ? {} : { [text]: "a text" };
  const commands: string[] = [];
  if (text !== undefined && Object.keys(own).length <= 1 && (await isAnswered({ texts: ["a text"] })))
    commands.push(command("text/plain", "-d 'a text'"));
  const file = files.find(([ending]) => endings.includes(ending));
  if (file !== undefined) commands.push(command(file[1], `--data-binary @${file[2]}`));
  const rows = [own, typed, modelRow(facts)].filter((row) => Object.keys(row).length > 0);
  for (const row of rows) {
    const asked = JSON.stringify({ rows: [row] });
    if (asked.length <= longest && (await isAnswered({ rows: [row] })))
      return [...commands, rowsCommand(asked)];
  }
  const names = Object.keys(own).map((name) => `${JSON.stringify(name)}: …`);
  // Of one field, the file or the text says it all.
  if (commands.length > 0 && names.length <= 1) return commands;
  const told = names.join(", ");
  return [...commands, rowsCommand(`{"rows": [{ ${told === "" || told.length > longest ? "…" : told} }]}`)];
}

function rowsCommand(rows: string): string {
  return command("application/json", `-d '${rows.replaceAll("'", String.raw`'\''`)}'`);
}

function command(type: string, body: string): string {
  return `curl localhost:8080/predict -H 'content-type: ${type}' ${body}`;
}

/** A sample as its source has it, as far as that is known, of values that stand for any. */
function sourceRow(facts: RunFacts): Readonly<Record<string, unknown>> {
  const { features = [], fields = {}, categories = {} } = known(facts);
  const own = Object.entries(fields).filter(
    ([name]) => name !== "label" && !(name === "features" && features.length > 0),
  );
  return Object.fromEntries([
    ...features.map((name): [string, unknown] => [name, 1]),
    ...own.map(([name, type]): [string, unknown] => [name, categories[name]?.[0] ?? valueOf(type)]),
  ]);
}

/** As the model takes it. */
function modelRow({ inputs }: RunFacts): Readonly<Record<string, unknown>> {
  return Object.fromEntries(inputs.map(({ name, shape }) => [name, filled(shape)]));
}

function valueOf({ type, shape = [] }: FieldType): unknown {
  if (type === "image") return picture;
  if (type === "text" || type === "bytes") return "a text";
  return type === "date" ? "2026-01-31" : filled(shape);
}

function filled([extent, ...rest]: readonly (number | null)[]): unknown {
  if (extent === undefined) return 1;
  return Array.from({ length: extent ?? 2 }, () => filled(rest));
}
