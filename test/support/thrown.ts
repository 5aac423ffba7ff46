/** What `work` throws, to look at several of its fields; undefined when it does not throw. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
