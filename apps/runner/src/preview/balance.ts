/** How many samples each class has: of a whole split where its source says so, else of the batches that were looked at. */
import type { Dataset } from "@millrace/core";
import { count, percent, plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { cut, padded, widthOf } from "../view/width.js";
import { type Looked, targetsOf } from "./looked.js";

export interface Balance {
  readonly of: "split" | "batches";
  readonly samples: number;
  /** The most first. */
  readonly classes: readonly { readonly name: string; readonly samples: number }[];
}

/** Undefined where targets are no classes. `samples` are those of the split, before any transform. */
export async function balanceOf(looked: Looked, samples: Dataset | undefined): Promise<Balance | undefined> {
  const { facts, target, batches } = looked;
  if (facts.labels === undefined) return undefined;
  const column = await samples?.column?.(target);
  if (column !== undefined) {
    const names = Array.from(column, (value) =>
      typeof value === "number" ? (facts.labels?.[value] ?? String(value)) : value,
    );
    return counted("split", names, facts.labels);
  }
  const seen = batches.map((batch) => targetsOf(batch, looked));
  const known = seen.filter((names) => names !== undefined);
  return known.length < seen.length ? undefined : counted("batches", known.flat(), facts.labels);
}

function counted(of: Balance["of"], names: readonly string[], labels: readonly string[]): Balance {
  const counts = new Map<string, number>(labels.map((label) => [label, 0]));
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const classes = [...counts]
    .map(([name, samples]) => ({ name, samples }))
    .sort((a, b) => b.samples - a.samples);
  return { of, samples: names.length, classes };
}

const mostClasses = 20;
const longestBar = 30;

export function balanceLines({ of, samples, classes }: Balance, looked: Looked, colors: Colors): string[] {
  const where =
    of === "split" ? `the ${looked.split} split` : `the ${plural(looked.batches.length, "batch")} above`;
  const most = Math.max(1, classes[0]?.samples ?? 0);
  const shown = classes.slice(0, mostClasses);
  const width = Math.min(30, Math.max(...shown.map(({ name }) => widthOf(name))));
  const wide = Math.max(...shown.map((each) => count(each.samples).length));
  const lines = shown.map(({ name, samples: many }) => {
    const bar = "█".repeat(Math.round((many / most) * longestBar)) || (many > 0 ? "▏" : "");
    const share = percent(many / Math.max(1, samples));
    return `  ${padded(cut(name, width), width)}  ${count(many).padStart(wide)}  ${share.padStart(4)}  ${colors.cyan(bar)}`.trimEnd();
  });
  const more = classes.length - shown.length;
  const rest =
    more > 0
      ? [colors.dim(`  and ${plural(more, "class")} with ${count(shown.at(-1)?.samples ?? 0)} or fewer`)]
      : [];
  return [`  ${colors.bold("classes")} of ${where}, ${plural(samples, "sample")}`, ...lines, ...rest];
}
