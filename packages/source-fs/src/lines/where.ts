/** Which rows of a file are samples: those whose columns have certain values. */
import { MillraceError, readBool } from "@millrace/core";
import { z } from "zod";

const value = z.union([z.string(), z.number(), z.boolean()]);

export const whereOption = z
  .record(z.string().min(1), z.union([value, z.array(value).min(1)]))
  .default({})
  .describe(
    'which rows are samples: those whose columns have these values, or one of several: { "split": "train" }, { "fold": [1, 2, 3] }; all by default',
  );

export type Where = z.output<typeof whereOption>;

export interface RowFilter {
  /** The columns that it looks at. */
  readonly names: readonly string[];
  /** Rows that were not taken. */
  readonly passed: number;
  /** `valueOf` gives the row's value in the column at this place among `names`. */
  takes(valueOf: (place: number) => unknown): boolean;
  /** The error where no row was taken, with what there is instead. */
  nothing(file: string): MillraceError;
}

/** Values that a hint names. */
const mostNamed = 10;

/** Undefined where all rows are taken. */
export function rowFilter(where: Where): RowFilter | undefined {
  const entries = Object.entries(where).map(([name, given]) => ({
    name,
    wanted: Array.isArray(given) ? given : [given],
    others: new Set<string>(),
  }));
  if (entries.length === 0) return undefined;
  let passed = 0;
  return {
    names: entries.map(({ name }) => name),
    get passed() {
      return passed;
    },
    takes(valueOf) {
      for (const [place, { wanted, others }] of entries.entries()) {
        const found = valueOf(place);
        if (wanted.some((each) => equals(each, found))) continue;
        if (others.size < mostNamed) others.add(shown(found));
        passed++;
        return false;
      }
      return true;
    },
    nothing(file) {
      const seen = entries.find(({ others }) => others.size > 0);
      return new MillraceError("FILE_FORMAT", `there must be rows that \`where\` takes, ${file} has none`, {
        path: ["where", ...(seen === undefined ? [] : [seen.name])],
        ...(seen && { hint: `"${seen.name}" has: ${[...seen.others].join(", ")}.` }),
      });
    },
  };
}

function shown(found: unknown): string {
  return typeof found === "string" && found !== "" ? found : (JSON.stringify(found) ?? "nothing");
}

/** What a file has as a text is what the type of the wanted value makes of it. */
function equals(wanted: string | number | boolean, found: unknown): boolean {
  if (found === wanted) return true;
  if (typeof found === "object" || found === undefined) return false;
  const text = shown(found).trim();
  if (typeof wanted === "number") return text !== "" && Number(text) === wanted;
  return typeof wanted === "boolean" ? readBool(text) === wanted : text === wanted;
}
