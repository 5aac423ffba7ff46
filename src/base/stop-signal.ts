/**
 * Resolves at the first SIGTERM, SIGINT or SIGHUP: the time to stop in good order. A second one of the same kind ends
 * the process at once, because nobody listens for it any more: what a job had not flushed is then done again.
 */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
