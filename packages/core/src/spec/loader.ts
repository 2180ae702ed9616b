/** What `loader` may say in a spec: the plain options of a DataLoader, described. */
import { z } from "zod";
import { onErrorChoices, type PlainLoaderOptions } from "../contracts/loader-options.js";

/**
 * One schema for each plain option of a DataLoader: the compiler names the one that was forgotten. How options exclude
 * each other is the loader's to say (`checkOptions`). An option that needs workers has no default here, because naming
 * it without workers is a fault.
 */
export const loaderShape = {
  batchSize: z.int().positive().default(1).describe("samples per batch"),
  shuffle: z.boolean().default(false).describe("a new random order of the training samples for each epoch"),
  dropLast: z.boolean().default(false).describe("leave out the last batch of an epoch if it is smaller"),
  numWorkers: z
    .union([z.int().nonnegative(), z.literal("auto")])
    .default(0)
    .describe(
      'worker threads that make batches; 0 makes them in the main thread, "auto" chooses by what the first ones take',
    ),
  prefetchFactor: z
    .union([z.int().positive(), z.literal("auto")])
    .optional()
    .describe(
      'batches made ahead per worker, 2 by default; each costs a batch of memory; "auto" chooses by how much their times vary',
    ),
  prefetchBytes: z
    .int()
    .positive()
    .optional()
    .describe('most bytes of batches that "auto" makes ahead; 256 MB by default'),
  persistentWorkers: z
    .boolean()
    .optional()
    .describe(
      "keep workers from one epoch to the next, which is the default; false starts them anew for each",
    ),
  inOrder: z
    .boolean()
    .optional()
    .describe(
      "false hands out batches as they are ready: a slow one holds up no other, but the order then differs from run to run",
    ),
  timeout: z
    .number()
    .nonnegative()
    .optional()
    .describe("most seconds to wait for a batch from workers; 0, the default, waits for ever"),
  workerMemory: z
    .int()
    .positive()
    .optional()
    .describe(
      "most megabytes of JavaScript heap in each worker, arrays not counted; a worker that needs more is started again",
    ),
  pinMemory: z
    .boolean()
    .default(false)
    .describe(
      "page-lock the batches that workers make, for a device to copy from; the log says how, or why not. Locked memory is never paged out",
    ),
  onError: z
    .enum(onErrorChoices)
    .default("fail")
    .describe(
      "what becomes of a sample that cannot be made: fail ends the run; skip leaves it out; replace puts another in its place, in training; quarantine skips it and lists it in the run's quarantine.jsonl",
    ),
  maxRatio: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "largest share of an epoch's samples that may be bad; 0.1 by default, but never at fewer than 10",
    ),
} satisfies { [K in keyof Required<PlainLoaderOptions>]: z.ZodType<PlainLoaderOptions[K]> };
