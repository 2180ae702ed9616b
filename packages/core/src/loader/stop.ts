/** Waiting that an abort signal or a time limit ends. */

export interface StopOptions {
  /** Most seconds to wait; 0 waits for ever. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** What `promise` gives, or why it was not waited for any longer. Rejects as `promise` does. */
export async function orStopped<R>(
  promise: Promise<R>,
  { timeout, signal }: StopOptions,
): Promise<{ readonly value: R } | "aborted" | "late"> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const stopped = new Promise<"aborted" | "late">((resolve) => {
    abort = () => resolve("aborted");
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    if (timeout > 0) timer = setTimeout(() => resolve("late"), timeout * 1000);
  });
  try {
    return await Promise.race([promise.then((value) => ({ value })), stopped]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
  }
}
