import { sleep, systemClock } from '../../base/clock.ts';
import { busy, cancelled, conflict, describeError, toAppError, type AppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { DAY, HOUR, SECOND } from '../../base/units.ts';
import { consolidateDisks, listSnapshots, removeSnapshot } from '../../vsphere/snapshots.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { SnapshotRemoval } from '../contract.ts';
import type {
  FindSnapshots,
  FoundSnapshots,
  RemovalStarted,
  RemoveSnapshot,
  SnapshotRemovalState,
} from '../snapshots-contract.ts';
import type { Vcenters } from '../vcenter/vcenters.ts';
import { readTag, tagLine, type SnapshotTag } from '../vsphere/snapshot-tag.ts';
import { findSnapshots } from './find.ts';

export interface JanitorParts {
  readonly vcenters: Pick<Vcenters, 'use'>;
  readonly sessions: {
    byJob(jobId: string): object | undefined;
    removals(): readonly SessionRemoval[];
  };
  /** How often a task is looked at. */
  readonly pollMs?: number | undefined;
}

/** What a session that has ended still removes by itself. */
type SessionRemoval = Pick<SnapshotRemoval, 'snapshot' | 'released_at' | 'last_error'>;

interface Removal {
  readonly startedMs: number;
  percent: number | null;
  error: AppError | undefined;
  endedMs: number | undefined;
}

/** A datastore writes snapshots back slowly enough one at a time; more would only slow down its VMs. */
const REMOVALS_MAX = 8;
/** Other tasks of the VM may come first. */
const CONSOLIDATION_MS = 2 * HOUR;
const CONSOLIDATION_PAUSE_MS = 10 * SECOND;
/** How long it is told that a removal failed. */
const FAILURES_KEPT_MS = DAY;

/**
 * Finds snapshots of ours that nobody needs and removes those that the OMA names. It decides nothing: which job has ended
 * is in the ledger of the OMA. A removal goes on by itself, however long it takes; when this process dies, vCenter goes on
 * with its task, and the OMA asks again for what is left.
 */
export class Janitor {
  readonly #parts: JanitorParts;
  readonly #removals = new Map<string, Removal>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(parts: JanitorParts) {
    this.#parts = parts;
  }

  /** Errors: those of Vcenters.use and of vSphere. */
  find(request: FindSnapshots): Promise<FoundSnapshots> {
    return findSnapshots(this.#parts.vcenters, request, {
      isHeld: (tag) => this.#isHeld(tag),
      removalOf: (vcenterUuid, snapshotRef, tag) => {
        const removal = this.#removals.get(keyOf(vcenterUuid, snapshotRef));
        if (removal !== undefined) return stateOf(removal);
        const ended = this.#parts.sessions.removals().find((each) => each.snapshot === tag);
        return ended === undefined ? undefined : stateOfSession(ended);
      },
    });
  }

  /**
   * Looks at the snapshot again, and begins with its removal; asked again meanwhile, it does nothing more.
   * Errors: conflict `snapshot.not-ours`, `snapshot.in-use`; busy `snapshot.too-many-removals`; those of `find`.
   */
  async remove({ vm_ref, snapshot_ref, tag, ...access }: RemoveSnapshot): Promise<RemovalStarted> {
    const vm = { type: 'VirtualMachine', id: vm_ref };
    return this.#parts.vcenters.use(access, async (session) => {
      const key = keyOf(session.content.about.instanceUuid, snapshot_ref);
      const snapshot = (await listOf(session, vm)).find(({ ref }) => ref.id === snapshot_ref);
      if (snapshot === undefined) return { snapshot_ref, state: 'gone' };
      const found = readTag(snapshot);
      if (found === undefined || tagLine(found) !== tag) throw notOurs(snapshot_ref, tag);
      if (this.#isHeld(found)) throw inUse(snapshot_ref, found.jobId);
      this.#begin(key, () =>
        this.#parts.vcenters.use(access, (own) => this.#carryOut(own, { vm, snapshot: snapshot.ref, key })),
      );
      return { snapshot_ref, state: 'removing' };
    });
  }

  /** Waits for nothing at vCenter: its tasks go on. */
  async close(): Promise<void> {
    this.#stop.abort(cancelled('vma.stopping', 'this VMA is stopping'));
    await Promise.all(this.#running);
  }

  #isHeld(tag: SnapshotTag): boolean {
    return this.#parts.sessions.byJob(tag.jobId) !== undefined;
  }

  #begin(key: string, work: () => Promise<void>): void {
    this.#forgetOld();
    const known = this.#removals.get(key);
    if (this.#stop.signal.aborted || (known !== undefined && known.endedMs === undefined)) return;
    if (this.#running.size >= REMOVALS_MAX) {
      throw busy('snapshot.too-many-removals', `${REMOVALS_MAX} snapshots are being removed`, {
        hint: 'the next sweep asks again; what vcenter shows of the tasks of these VMs says how far they are',
      });
    }
    const removal: Removal = { startedMs: systemClock.now(), percent: null, error: undefined, endedMs: undefined };
    this.#removals.set(key, removal);
    const run = work().then(
      () => void this.#removals.delete(key),
      (thrown: unknown) => this.#fail(removal, toAppError(thrown)),
    );
    const running = run.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #carryOut(session: VsphereSession, of: { vm: ObjectRef; snapshot: ObjectRef; key: string }): Promise<void> {
    const { signal } = this.#stop;
    const { pollMs } = this.#parts;
    const onProgress = (percent: number): void => {
      const removal = this.#removals.get(of.key);
      if (removal !== undefined) removal.percent = percent;
    };
    await removeSnapshot(session, of.snapshot, { signal, pollMs, onProgress });
    await this.#consolidate(session, of.vm);
    vmaLog.info({ vm: of.vm.id, snapshot: of.snapshot.id }, 'leftover snapshot removed');
  }

  /**
   * Nobody finds the snapshot again, so what it left is written back now, however often vCenter has something else to do
   * first.
   */
  async #consolidate(session: VsphereSession, vm: ObjectRef): Promise<void> {
    const { signal } = this.#stop;
    const endMs = systemClock.monotonic() + CONSOLIDATION_MS;
    for (;;) {
      try {
        const { isConsolidationNeeded } = await readVm(session, vm, { signal });
        if (isConsolidationNeeded === true) await consolidateDisks(session, vm, { signal, pollMs: this.#parts.pollMs });
        return;
      } catch (thrown) {
        if (toAppError(thrown).retry === 'never' || systemClock.monotonic() > endMs) throw thrown;
      }
      await sleep(this.#parts.pollMs ?? CONSOLIDATION_PAUSE_MS, signal);
    }
  }

  #fail(removal: Removal, error: AppError): void {
    removal.error = error;
    removal.endedMs = systemClock.now();
    if (!this.#stop.signal.aborted) vmaLog.warn({ reason: describeError(error) }, 'leftover snapshot not removed');
  }

  #forgetOld(): void {
    const endedBefore = systemClock.now() - FAILURES_KEPT_MS;
    for (const [key, { endedMs }] of this.#removals) {
      if (endedMs !== undefined && endedMs < endedBefore) this.#removals.delete(key);
    }
  }
}

/** A VM that is gone has no snapshots. */
async function listOf(session: VsphereSession, vm: ObjectRef): ReturnType<typeof listSnapshots> {
  try {
    return await listSnapshots(session, vm);
  } catch (thrown) {
    if (toAppError(thrown).code === 'vsphere.not-found') return [];
    throw thrown;
  }
}

const keyOf = (vcenterUuid: string, snapshotRef: string): string => `${vcenterUuid} ${snapshotRef}`;

const stateOf = ({ startedMs, percent, error }: Removal): SnapshotRemovalState => ({
  state: error === undefined ? 'removing' : 'failed',
  started_at: new Date(startedMs).toISOString(),
  progress_percent: percent,
  error: error === undefined ? null : { code: error.code, text: error.message, hint: error.hint ?? null },
});

/** It goes on trying; with an access that vCenter does not take any more that would be in vain, so the janitor may, too. */
const stateOfSession = ({ released_at, last_error }: SessionRemoval): SnapshotRemovalState => ({
  state: last_error === null ? 'removing' : 'failed',
  started_at: released_at,
  progress_percent: null,
  error: last_error === null ? null : { code: 'session.snapshot-leftover', text: last_error, hint: null },
});

const notOurs = (snapshotRef: string, tag: string): AppError =>
  conflict('snapshot.not-ours', `snapshot ${snapshotRef} does not carry the tag that was named`, {
    details: { snapshot_ref: snapshotRef, tag },
    hint: 'name and description of a snapshot must both be as they were made; this one is left alone',
  });

const inUse = (snapshotRef: string, jobId: string): AppError =>
  conflict('snapshot.in-use', `snapshot ${snapshotRef} belongs to a source session that is open`, {
    details: { snapshot_ref: snapshotRef, job_id: jobId },
    hint: 'it goes when the session ends, or when nobody keeps the session alive',
  });
