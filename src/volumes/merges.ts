import { sleep } from '../base/clock.ts';
import { busy, conflict, describeError } from '../base/errors.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { findOverlay } from '../db/stores/volume-overlay-store.ts';
import type { MergedOverlay } from './contract.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { assertLive, type Writer } from './holder.ts';
import { settleOverlay } from './settle-overlay.ts';

const ANSWER_MS = 5 * SECOND;
const OPEN_WAIT_MS = 20 * SECOND;
/** At once: each of them reads and writes as fast as the storage can. */
const BACKGROUND_MAX = 2;
const AGAIN_AFTER_MS = MINUTE / 2;

/** Merging may take long: it goes on by itself, and whoever needs its end asks again. */
export class OverlayMerges {
  readonly #deps: ExportsDeps;
  readonly #exclusively: Exclusively;
  readonly #running = new Map<string, Promise<void>>();
  readonly #failedAt = new Map<string, number>();

  constructor(deps: ExportsDeps, exclusively: Exclusively) {
    this.#deps = deps;
    this.#exclusively = exclusively;
  }

  /** See VolumeExports.merge. */
  async ask(volumeId: string, writer: Writer): Promise<MergedOverlay> {
    const { db, merging } = this.#deps;
    await assertLive(db, writer);
    const row = await findOverlay(db, volumeId);
    if (row?.state === 'filling') {
      throw conflict('overlay.not-sealed', `the cycle above volume ${volumeId} is not committed`, {
        details: { volumeId, ...writer },
      });
    }
    const isDone = row === undefined || (await this.#isDoneWithin(volumeId, ANSWER_MS));
    if (isDone) return { volume_id: volumeId, state: 'merged', percent: 100 };
    return { volume_id: volumeId, state: 'merging', percent: merging.get(volumeId) ?? 0 };
  }

  /** Whether something is committed above the volume. */
  async isDue(volumeId: string): Promise<boolean> {
    const row = await findOverlay(this.#deps.db, volumeId);
    return row !== undefined && row.state !== 'filling';
  }

  /**
   * Before an opening: merges what was committed above the volume.
   * @throws busy `overlay.merging` when that takes longer than a request should; what merging throws.
   */
  async pass(volumeId: string, writer: Writer): Promise<void> {
    const { db, merging } = this.#deps;
    if (!(await this.isDue(volumeId))) return;
    await assertLive(db, writer);
    if (await this.#isDoneWithin(volumeId, OPEN_WAIT_MS)) return;
    throw busy('overlay.merging', `volume ${volumeId} gets the changes of its last cycle`, {
      details: { volumeId, percent: merging.get(volumeId) ?? 0 },
      hint: 'the job goes on by itself when that is done',
    });
  }

  /** In the background, unless there are enough, or it failed a moment ago. What it throws is in the log. */
  start(volumeId: string): void {
    const failed = this.#failedAt.get(volumeId);
    if (failed !== undefined && performance.now() - failed < AGAIN_AFTER_MS) return;
    if (this.#running.has(volumeId) || this.#running.size >= BACKGROUND_MAX) return;
    this.#join(volumeId).catch(() => undefined);
  }

  #join(volumeId: string): Promise<void> {
    const known = this.#running.get(volumeId);
    if (known !== undefined) return known;
    const merge = this.#exclusively(volumeId, () => this.#settle(volumeId)).finally(() => {
      this.#running.delete(volumeId);
    });
    this.#running.set(volumeId, merge);
    merge.then(
      () => this.#failedAt.delete(volumeId),
      (error: unknown) => {
        this.#failedAt.set(volumeId, performance.now());
        this.#deps.log.warn({ volumeId, error: describeError(error) }, 'overlay not merged yet');
      },
    );
    return merge;
  }

  /** Looked at again under the lock: it may be merged by now, and another cycle may have begun above it. */
  async #settle(volumeId: string): Promise<void> {
    const row = await findOverlay(this.#deps.db, volumeId);
    if (row !== undefined && row.state !== 'filling') await settleOverlay(this.#deps, volumeId, row.jobId);
  }

  async #isDoneWithin(volumeId: string, waitMs: number): Promise<boolean> {
    const enough = new AbortController();
    const late = sleep(waitMs, enough.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([this.#join(volumeId).then(() => true), late]);
    } finally {
      enough.abort();
    }
  }
}
