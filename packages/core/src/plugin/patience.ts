/** How long ranks wait for each other: a word after a while, an error in the end. */
import type { Logger } from "../contracts/logger.js";
import { MillraceError } from "../errors.js";
import type { GroupContext } from "./group.js";

export interface Patience {
  readonly logger: Logger;
  /** Seconds after which a rank that does not come ends the job. */
  readonly seconds: number;
}

/** As long as torch's gloo waits. */
const usual = 1800;
/** Seconds after which the log says who is waited for. */
const noticed = 60;

/** @throws MillraceError GROUP_FAILED */
export function patienceOf({ logger, environment }: GroupContext): Patience {
  const { MILLRACE_GROUP_TIMEOUT: given } = environment;
  const seconds = given === undefined || given === "" ? usual : Number(given);
  if (seconds > 0) return { logger, seconds };
  throw new MillraceError(
    "GROUP_FAILED",
    `MILLRACE_GROUP_TIMEOUT must be the seconds that ranks wait for each other, more than 0, was "${given}"`,
    { hint: `Leave it out to wait ${usual} s.` },
  );
}

/**
 * Waits for what `begin` promises. Seconds in which this process itself stood still do not count: the others' word may have come
 * meanwhile. `who` says what is waited for, such as "rank 1 must come to sum". A wait keeps the process alive.
 *
 * @throws MillraceError GROUP_FAILED when patience is over, which `late` is told first.
 */
export async function whileWaiting<T>(
  { logger, seconds }: Patience,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  who: () => string,
  late: (error: MillraceError) => void = () => undefined,
): Promise<T> {
  let waited = 0;
  let clock: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      clock = setInterval(() => {
        waited++;
        if (waited === noticed) logger.warn({ seconds: noticed }, `waiting for ${noticed} s: ${who()}`);
        if (waited < seconds) return;
        const error = overdue(who(), seconds);
        late(error);
        reject(error);
      }, 1000);
      begin(resolve, reject);
    });
  } finally {
    clearInterval(clock);
  }
}

function overdue(who: string, seconds: number): MillraceError {
  return new MillraceError("GROUP_FAILED", `${who}, but has not within ${seconds} s`, {
    hint: "It is stopped, hangs, or works longer at something: look at it there. MILLRACE_GROUP_TIMEOUT states the seconds.",
  });
}
