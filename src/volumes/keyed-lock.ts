import { busy } from '../base/errors.ts';

/** One thing at a time per key, in the order of asking. Waiting is bounded in time, so a stuck holder is seen. */
export interface KeyedLock {
  /** @throws busy `volume.busy` when the turn did not come within `waitMs`. */
  run<T>(key: string, work: () => Promise<T>, waitMs?: number): Promise<T>;
}

export function keyedLock(defaultWaitMs: number): KeyedLock {
  const last = new Map<string, Promise<void>>();
  return {
    async run(key, work, waitMs = defaultWaitMs) {
      const before = last.get(key) ?? Promise.resolve();
      const { promise: mine, resolve: leave } = Promise.withResolvers<void>();
      const tail = before.then(() => mine);
      last.set(key, tail);
      void tail.then(() => {
        if (last.get(key) === tail) last.delete(key);
      });
      try {
        await turn(before, key, waitMs);
        return await work();
      } finally {
        leave();
      }
    },
  };
}

async function turn(before: Promise<void>, key: string, waitMs: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      busy('volume.busy', `another operation on ${key} has not ended within ${waitMs} ms`, {
        details: { volumeId: key },
        hint: 'see GET /api/v1/operations',
      }),
    );
  }, waitMs);
  try {
    await Promise.race([before, late]);
  } finally {
    clearTimeout(timer);
  }
}
