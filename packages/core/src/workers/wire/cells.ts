/** The shared memory in which a worker says where it is and how long its stages took: cells by name, written plainly. */

/** Samples of one batch that a worker may have in hand at once, each in a lane of its own. */
export const laneCount = 8;

/** Cells of a worker: numbers, all of them doubles, so that an index of any size fits. */
export const cell = {
  /** One of `threadStage`. */
  STAGE: 0,
  /** The lane that was touched last: a thread that ends does so in what it began last. */
  LAST_LANE: 1,
  /** Milliseconds of all batches so far, by stage. Where several samples are read or decoded at once, a moment is shared among them. */
  READ_MS: 2,
  TRANSFORM_MS: 3,
  COLLATE_MS: 4,
  /** Batches made so far, their samples, and the bytes of their arrays. */
  BATCHES: 5,
  SAMPLES: 6,
  BYTES: 7,
  /** The sum of squares of the batches' times, in milliseconds²: how much they vary. */
  SQUARED_MS: 8,
  /** Two cells for each lane: its sample, or -1, and what is done with it: one of `laneStage`. */
  LANES: 9,
} as const;

/** What the thread does. */
export const threadStage = { START: 0, IDLE: 1, READ: 2, COLLATE: 3 } as const;

/** What is done with a sample: read, or, from TRANSFORM on, passed through the transform of that position. */
export const laneStage = { READ: 0, TRANSFORM: 1 } as const;

/** Transforms whose names fit; those after them are named by position. */
const nameCount = 32;
const nameBytes = 48;
const cellCount = cell.LANES + 2 * laneCount;

/** One worker's cells, as both threads see them. */
export interface WorkerCells {
  readonly numbers: Float64Array;
  readonly names: Uint8Array;
}

/** Memory for the cells of one worker; a thread that needs no other to see them may keep them to itself. */
export function cellsOf(memory: ArrayBufferLike): WorkerCells {
  const numbers = new Float64Array(memory, 0, cellCount);
  return { numbers, names: new Uint8Array(memory, numbers.byteLength) };
}

export const cellBytes = cellCount * Float64Array.BYTES_PER_ELEMENT + nameCount * nameBytes;

/** Keeps the name of a transform where the other thread finds it; cut to what fits. */
export function writeName({ names }: WorkerCells, position: number, name: string): void {
  if (position >= nameCount) return;
  const { written } = new TextEncoder().encodeInto(
    name,
    names.subarray(position * nameBytes + 1).subarray(0, nameBytes - 1),
  );
  names[position * nameBytes] = written;
}

/** "transform 1 resize" */
export function transformName({ names }: WorkerCells, position: number): string {
  const start = position * nameBytes;
  const length = position < nameCount ? names[start] : 0;
  // A decoder takes no shared memory.
  const name = new TextDecoder().decode(names.slice(start + 1, start + 1 + length));
  return name === "" ? `transform ${position}` : `transform ${position} ${name}`;
}

/** As they are before a thread has done anything; times and counts stay. */
export function resetPlace({ numbers }: WorkerCells): void {
  numbers[cell.STAGE] = threadStage.START;
  numbers.fill(-1, cell.LANES);
}
