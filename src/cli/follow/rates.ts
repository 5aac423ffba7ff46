import { SECOND } from '../../base/units.ts';

/** How fast each of several counters grows, from what they showed in the last seconds. */

const WINDOW_MS = 15 * SECOND;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export class Rates {
  readonly #samples = new Map<string, Sample[]>();

  /** @returns bytes per second, undefined while there is only one reading */
  add(name: string, bytes: number, atMs = performance.now()): number | undefined {
    const last = this.#samples.get(name) ?? [];
    // A counter that went back began anew, with another attempt.
    const kept = (last.at(-1)?.bytes ?? 0) > bytes ? [] : last.filter((sample) => atMs - sample.atMs <= WINDOW_MS);
    kept.push({ atMs, bytes });
    this.#samples.set(name, kept);
    const [first] = kept;
    if (first === undefined || atMs - first.atMs < SECOND / 2) return undefined;
    return ((bytes - first.bytes) / (atMs - first.atMs)) * SECOND;
  }
}
