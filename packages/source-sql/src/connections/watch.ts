/** Waits for a server: raced against the end of the connection and the clock, for a library may wait for ever. */

export interface Watch {
  /** Rejected when the connection fails or ends. */
  readonly end: Promise<never>;
  readonly seconds: number;
  /** Called when the time is up. */
  readonly give: () => void;
}

export async function watched<T>(work: Promise<T>, { end, seconds, give }: Watch): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        give();
        reject(new Error(`Connection terminated: there was no answer for ${seconds} s`));
      },
      Math.min(2 ** 31 - 1, 1000 * seconds),
    );
  });
  try {
    return await Promise.race([work, end, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
