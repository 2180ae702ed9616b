/** Which sample of a batch is to blame where collation refused it. */
import type { Collate, BatchContext } from "../../contracts/collate.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { heapAllocator } from "../../data/collate.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { MillraceError } from "../../errors.js";

/** What was to be collated. */
export interface Refused {
  readonly collate: Collate;
  readonly samples: readonly unknown[];
  readonly fields: FieldTypes;
  readonly context: BatchContext;
}

/**
 * The entry that an error of collation names, if it is the fault of one sample. Where samples only differ from each other,
 * the first is compared with each of the others: if it differs from most of them, it is the odd one.
 */
export async function blamed(error: unknown, refused: Refused): Promise<number | undefined> {
  if (!(error instanceof MillraceError) || !isSampleFault(error)) return undefined;
  const { entry, code } = error;
  const { length } = refused.samples;
  if (entry === undefined || !(Number.isInteger(entry) && entry >= 0 && entry < length)) return undefined;
  const relative = code === "COLLATE_MISMATCH" && entry > 0 && length > 2;
  return relative && (await isOdd(refused)) ? 0 : entry;
}

/** True if the first sample goes with less than half of the others. */
async function isOdd({ collate, samples: [first, ...others], fields, context }: Refused): Promise<boolean> {
  let refused = 0;
  for (const [i, other] of others.entries()) {
    const both = { ...context, random: (entry: number) => context.random(entry === 0 ? 0 : i + 1) };
    try {
      await collate([first, other], heapAllocator, fields, both);
    } catch {
      refused++;
    }
  }
  return refused > others.length / 2;
}
