/** A plan as lines for a terminal. */
import type { Plan } from "@millrace/core/spec";
import { bytes, count, plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { type Card, cardsOf, type CardsOf, outputText } from "./cards.js";
import { lookedText, memoryNote, memoryParts, placeText, splitsText } from "./words.js";

export function planText(
  of: CardsOf & { readonly labels?: readonly string[] | undefined },
  colors: Colors,
): string[] {
  const { plan, labels } = of;
  const classes = labels === undefined ? "" : ` · ${plural(labels.length, "class")}`;
  const cards = cardsOf(of);
  const lines = [`  data     ${splitsText(plan)}${classes}`];
  for (const { use, path, samples } of plan.fitted)
    lines.push(`  fitted   ${use} at ${placeText(path)}, to ${plural(samples, "training sample")}`);
  for (const card of cards) lines.push("", ...cardText(card, plan, colors));
  const { memory } = plan.trained ?? {};
  if (memory !== undefined) {
    const { parts, total } = memoryParts(memory);
    const each = parts.map((part) => `${part.name} ${bytes(part.bytes)}`).join(", ");
    lines.push(
      "",
      `  memory   ${bytes(total)}: ${each}`,
      colors.dim(`           an estimate of ${memoryNote(memory)}`),
    );
  }
  lines.push("", colors.dim(`  shapes are those of ${lookedText(plan)}`));
  return lines;
}

function cardText(card: Card, plan: Plan, colors: Colors): string[] {
  const { title, use, lines, notes, faults, passed } = card;
  const width = Math.max(0, ...lines.map(({ name }) => name.length));
  const paint = (mark: string | undefined, text: string) =>
    mark === "ragged" ? colors.yellow(text) : mark === "gone" ? colors.dim(text) : text;
  const head = `  ${passed ? colors.bold(title) : colors.dim(title)} ${use}`;
  return [
    head,
    ...lines.map(({ name, text, mark }) => paint(mark, `    ${name.padEnd(width)}  ${text}`)),
    ...(card.kind === "model" ? layerLines(plan, colors) : []),
    ...notes.map((note) => colors.dim(`    ${note}`)),
    ...faults.map((fault) => colors.red(`    ✗ ${fault}`)),
  ];
}

function layerLines({ trained }: Plan, colors: Colors): string[] {
  const { layers = [] } = trained ?? {};
  const rows = layers.map(({ name, shape, parameters, trainable }) => [
    name,
    outputText(shape),
    count(parameters),
    parameters > 0 && trainable === 0 ? "  frozen" : "",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  return rows.map(([name, shape, parameters, frozen]) =>
    colors.dim(
      `      ${name.padEnd(widths[0])}  ${shape.padEnd(widths[1])}  ${parameters.padStart(widths[2])}${frozen}`,
    ),
  );
}
