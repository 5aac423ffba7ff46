const POLL_MS = 25;

/**
 * Waits until `condition` gives something true and returns it; an error that it throws ends the wait.
 * @throws Error that names `what`, when it did not come true in time.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { withinMs, what }: { withinMs: number; what: string },
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
