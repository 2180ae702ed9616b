/** Which sample stands in the place of a bad one. */
import { hashName, randomAt } from "../../data/philox.js";
import type { Tolerance } from "../wire/protocol.js";

const stream = hashName("replace");

/** Draws after which there is nothing to be found: among samples of which half are bad, one place in 10^30 needs more. */
export const mostDraws = 100;

/**
 * Draw number `attempt` for the place of sample `index`: a function of (seed, epoch, index, attempt), each with random
 * numbers of its own address, over the population or all of `length` samples.
 */
export function drawReplacement(
  { seed, population }: Tolerance,
  length: number,
  { epoch, index, attempt }: { readonly epoch: number; readonly index: number; readonly attempt: number },
): number {
  const random = randomAt(seed, epoch, index, (stream + attempt) >>> 0);
  const place = Math.floor(random.uniform() * (population?.length ?? length));
  return population === undefined ? place : population[place];
}
