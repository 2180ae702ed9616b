/** Says once that an order reads the same blocks again and again, and which order would not. */
import type { Logger } from "@millrace/core";
import type { Blocks } from "./blocks.js";
import type { Storage } from "./storage.js";

/** Reads of each block beyond which nobody can have meant it. */
const often = 8;

export function reReading(blocks: Blocks, storage: Storage, logger: Logger | undefined): () => void {
  const { rows, blockName, files } = storage;
  let isTold = logger === undefined || rows.length < 2;
  let batches = 0;
  return () => {
    batches++;
    // Each batch that reads more than one block anew would be several times as slow as it could be.
    if (isTold || blocks.reads < often * rows.length || blocks.reads < batches) return;
    isTold = true;
    const blockSize = rows.reduce((most, count) => Math.max(most, count), 0);
    logger?.warn(
      { reads: blocks.reads, blocks: rows.length },
      `${files[0].name}: each ${blockName} has been read ${often} times, since the order of the samples jumps between them: ` +
        `take "sampler": { "use": "block-shuffle", "with": { "blockSize": ${blockSize} } } instead of shuffle; or raise \`cacheBytes\` until all ${rows.length} fit, or put a \`cache\` first among the transforms`,
    );
  };
}
