import { AppError, invalidRequest, precondition } from '../../base/errors.ts';
import { AreaPages } from '../../domain/cbt/area-pages.ts';
import { queryChangedAreas } from '../../vsphere/changed-areas.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { listSnapshots } from '../../vsphere/snapshots.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { AreaPage, CreateSession, SnapshotRemoval } from '../contract.ts';
import { diskIn, offsetOf } from '../session/area-questions.ts';
import { type ExportSpec, placeOf } from '../session/disk-export.ts';
import type { VsphereDisk, VsphereRecord } from '../session/record.ts';
import type { Adopted, AreaQuestion, Held, Preparing, SourceKind, Watched } from '../session/source-kind.ts';
import type { Vcenters } from '../vcenter/vcenters.ts';
import { canServe, type DiskServerConfig, notServed, serveSnapshotDisk, type VcenterProof } from './disk-server.ts';
import { type HostBudget, hostKey } from './host-budget.ts';
import { prepareVsphere, type PrepareSettings } from './prepare.ts';
import { requireDiskIds } from './preflight.ts';
import { answering, snapshotGone } from './session-record.ts';
import type { SnapshotRemover } from './snapshot-remover.ts';
import { watchSession } from './watch.ts';

export interface VsphereSourceConfig {
  readonly settings: PrepareSettings;
  readonly server: DiskServerConfig;
  readonly vcenters: Vcenters;
  /** Loaded. */
  readonly remover: SnapshotRemover;
  readonly budget: HostBudget;
}

type Session = Held<VsphereRecord>;

const SECTOR_BYTES = 512;

/** Sessions of kind `vsphere`: a snapshot at a vCenter, read through nbdkit, and vSphere's own word for what changed. */
export class VsphereSource implements SourceKind<VsphereRecord> {
  /** Mostly waiting for tasks of vCenter. */
  readonly preparingAtOnceMax = 16;
  /** Two vCenters may have the same path, and a VM may be moved. */
  readonly isNameUnique = false;
  readonly #config: VsphereSourceConfig;

  constructor(config: VsphereSourceConfig) {
    this.#config = config;
  }

  check(request: CreateSession): void {
    if (!canServe(this.#config.server)) throw notServed();
    requireDiskIds(request);
  }

  async prepare(preparing: Preparing): Promise<VsphereRecord> {
    const { credentials: access } = preparing.request;
    if (access === undefined || access === null) {
      throw precondition('session.credentials-needed', 'a session of kind vsphere is made with credentials', {
        hint: 'send credentials with the request',
      });
    }
    const { vcenters, remover, budget, settings } = this.#config;
    const { signal } = preparing;
    return vcenters.use(
      access,
      (session) => prepareVsphere({ settings, remover, budget, session, access, preparing }),
      { signal },
    );
  }

  reclaim({ record }: Session): Promise<boolean> {
    const isHeld = this.#config.remover.hold(record.session_id);
    if (isHeld) this.#countAgain(record);
    return Promise.resolve(isHeld);
  }

  #countAgain({ session_id: sessionId, facts, disks }: VsphereRecord): void {
    const { host, max_connections: ofEachDisk } = disks[0]?.limits ?? { host: '', max_connections: 0 };
    const share = { sessionId, host: hostKey(facts.vcenter_uuid, host), disks: disks.length };
    this.#config.budget.restore(share, ofEachDisk);
  }

  open(): void {
    this.#config.remover.start();
  }

  exportsOf({ record }: Session): ExportSpec[] {
    const { vm_ref: vmRef, snapshot_ref: snapshotRef } = record.facts;
    const prove = (): Promise<VcenterProof> => this.#prove(record.session_id);
    return record.disks.map((disk) => {
      const { key, file_name: fileName } = disk.facts;
      const served = { exportName: disk.export_name, capacityBytes: disk.capacity_bytes, at: placeOf(disk) };
      return serveSnapshotDisk(this.#config.server, { ...served, key, fileName, vmRef, snapshotRef }, prove);
    });
  }

  async #prove(sessionId: string): Promise<VcenterProof> {
    const access = this.#config.remover.access(sessionId);
    const thumbprint = await this.#config.vcenters.use(access, (session) => Promise.resolve(session.thumbprint));
    return { access, thumbprint };
  }

  async adopt(session: Session, request: CreateSession): Promise<Adopted<VsphereRecord>> {
    const { record } = session;
    const { remover } = this.#config;
    const { credentials } = request;
    const isRenewed =
      credentials !== undefined && credentials !== null && (await remover.renew(record.session_id, credentials));
    if (request.epoch > record.epoch) await this.requireThere(session);
    const asked = new Map(request.disks.map((disk) => [disk.disk_id, disk.change_id ?? null]));
    const isOther = record.disks.some((disk) => disk.asked_change_id !== asked.get(disk.disk_id));
    const disks = record.disks.map((disk) => ({
      ...disk,
      ...answering(disk.change_id, asked.get(disk.disk_id) ?? null),
    }));
    return { record: isOther ? { ...record, disks } : record, mustRestart: isRenewed };
  }

  /** Somebody may have removed the snapshot. */
  async requireThere({ record }: Session): Promise<void> {
    const all = await this.#atVcenter(record, (session) => listSnapshots(session, vmOf(record))).catch(exceptNotFound);
    if (all === undefined || !all.some(({ ref }) => ref.id === record.facts.snapshot_ref)) {
      throw snapshotGone(record.session_id);
    }
  }

  async areas({ record }: Session, question: AreaQuestion): Promise<AreaPage> {
    const disk = diskIn(record.disks, question.diskId);
    const capacityBytes = disk.capacity_bytes;
    const from = offsetOf(question.cursor, { capacityBytes, stepBytes: SECTOR_BYTES });
    const query = {
      vm: vmOf(record),
      snapshot: { type: 'VirtualMachineSnapshot', id: record.facts.snapshot_ref },
      deviceKey: disk.facts.key,
      startOffset: from,
      changeId: changeIdFor(disk, question),
    };
    const answer = await this.#atVcenter(record, (session) => queryChangedAreas(session, query));
    const pages = new AreaPages({ diskId: disk.disk_id, capacityBytes }, { from });
    const areas = pages.take(answer);
    const next = pages.next;
    const to = next ?? capacityBytes;
    return { from, to, areas: [...areas], next_cursor: next === undefined ? null : String(next) };
  }

  watch(record: VsphereRecord): Promise<Watched> {
    return this.#atVcenter(record, (session) => watchSession(session, record, this.#config.settings.levels));
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  release(sessionId: string, waitMs: number): Promise<boolean> {
    this.#config.budget.release(sessionId);
    this.#config.remover.release(sessionId);
    return this.#config.remover.isDone(sessionId, waitMs);
  }

  removals(): SnapshotRemoval[] {
    return this.#config.remover.list();
  }

  close(): Promise<void> {
    return this.#config.remover.close();
  }

  #atVcenter<T>(record: VsphereRecord, work: (session: VsphereSession) => Promise<T>): Promise<T> {
    return this.#config.vcenters.use(this.#config.remover.access(record.session_id), work);
  }
}

const vmOf = (record: VsphereRecord): ObjectRef => ({ type: 'VirtualMachine', id: record.facts.vm_ref });

/** `*` asks for all areas in use. */
function changeIdFor(disk: VsphereDisk, { of }: AreaQuestion): string {
  const what = of ?? (disk.mode === 'incremental' ? 'changes' : 'in-use');
  if (what === 'in-use') return '*';
  if (disk.asked_change_id !== null) return disk.asked_change_id;
  throw invalidRequest('areas.no-change-id', `the session was not asked about changes of ${disk.disk_id}`, {
    details: { disk_id: disk.disk_id },
    hint: 'ask for the session with the change_id of the last commit, or for of=in-use',
  });
}

function exceptNotFound(thrown: unknown): undefined {
  if (thrown instanceof AppError && thrown.code === 'vsphere.not-found') return undefined;
  throw thrown;
}
