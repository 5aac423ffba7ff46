import { counted } from '../../base/counted.ts';
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { conflict } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { listSnapshots, type Snapshot } from '../../cloudstack/snapshots.ts';
import { inTransaction } from '../../db/knex.ts';
import { findContext } from '../../db/stores/context-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import {
  forgetSnapshotsOf,
  noteSnapshot,
  SNAPSHOT_STATUSES,
  trackedSnapshots,
  type TrackedSnapshot,
} from '../../db/stores/volume-snapshot-store.ts';
import { findVolumeRow } from '../../db/stores/volume-store.ts';
import { parseRequest } from '../../http/server.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { acceptOperation } from '../accept-operation.ts';
import type { OpenCloud } from '../cloud.ts';
import { volumeUnknown } from '../volume-unknown.ts';
import { CloudId, VolumePath } from './parameters.ts';

/** For a cloud that is slow: the caller may ask again. */
const LIST_WITHIN_MS = 20 * SECOND;

const Name = z.string().min(1).max(191);
const Status = z.enum(SNAPSHOT_STATUSES);
const TakeSnapshot = z.object({ name: Name.optional() });
const SnapshotPath = VolumePath.extend({ snapshot_id: CloudId });
const TrackSnapshot = z.object({
  volume_uuid: z.uuid(),
  vm_context_id: z.string().min(1).max(64),
  snapshot_id: CloudId,
  snapshot_name: Name.nullish(),
  disk_id: z.string().max(191).nullish(),
  snapshot_status: Status.default('ready'),
});
const ChangeTracking = z.object({
  snapshot_id: CloudId.nullish(),
  snapshot_name: Name.nullish(),
  snapshot_status: Status.optional(),
});

export interface SnapshotParts {
  readonly db: Knex;
  readonly ledger: Ledger;
  readonly openCloud: OpenCloud;
}

/** /volumes/{id}/snapshots: taking, listing, setting back, deleting; every change is a job. */
export function snapshotRoutes(parts: SnapshotParts): Router {
  const router = Router();

  router.post('/volumes/:volume_id/snapshots', async (req, res) => {
    const { volume_id: volumeId } = parseRequest(VolumePath, req.params);
    const { name = freshName() } = parseRequest(TakeSnapshot, req.body ?? {});
    await acceptOperation(parts, res, { action: 'snapshot', volumeId, name });
  });

  // CloudStack is asked: it alone knows them all.
  router.get('/volumes/:volume_id/snapshots', async (req, res) => {
    const { volume_id: volumeId } = parseRequest(VolumePath, req.params);
    const row = await findVolumeRow(parts.db, volumeId);
    if (row === undefined) throw volumeUnknown(volumeId);
    const { client } = await parts.openCloud(row.configId);
    const snapshots = await listSnapshots(client, { volumeId }, { signal: AbortSignal.timeout(LIST_WITHIN_MS) });
    res.json({ snapshots: snapshots.map(presentSnapshot), count: snapshots.length });
  });

  router.post('/volumes/:volume_id/snapshots/:snapshot_id/revert', async (req, res) => {
    const { volume_id: volumeId, snapshot_id: snapshotId } = parseRequest(SnapshotPath, req.params);
    await acceptOperation(parts, res, { action: 'revert', volumeId, snapshotId });
  });

  router.delete('/volumes/:volume_id/snapshots/:snapshot_id', async (req, res) => {
    const { volume_id: volumeId, snapshot_id: snapshotId } = parseRequest(SnapshotPath, req.params);
    await acceptOperation(parts, res, { action: 'delete-snapshot', volumeId, snapshotId });
  });

  addTracking(router, parts.db);
  return router;
}

/** /snapshots: which snapshot of each volume is followed. Rows only; CloudStack is neither asked nor told. */
function addTracking(router: Router, db: Knex): void {
  router.post('/snapshots/track', async (req, res) => {
    const body = parseRequest(TrackSnapshot, req.body);
    const { volume_uuid: volumeId, vm_context_id: contextId } = body;
    const row = await findVolumeRow(db, volumeId);
    if (row === undefined) throw volumeUnknown(volumeId);
    if (row.contextId !== contextId) {
      throw conflict('volume.other-context', `volume ${volumeId} does not belong to VM context ${contextId}`, {
        details: { volumeId, contextId },
        hint: `GET /api/v1/volumes/${volumeId} tells to which VM it belongs`,
      });
    }
    const { snapshot_id: snapshotId, snapshot_name: name = null, snapshot_status: status } = body;
    const note = { snapshotId, name, status, createdAt: 'now', contents: null } as const;
    await inTransaction(db, (trx) => noteSnapshot(trx, volumeId, note));
    res.json({ message: `snapshot ${snapshotId} of volume ${volumeId} is tracked` });
  });

  router.get('/snapshots/vm/:vm_context_id', async (req, res) => {
    const tracked = await trackedSnapshots(db, await knownContext(db, req.params.vm_context_id));
    res.json(tracked.map(presentTracked));
  });

  router.put('/snapshots/:volume_uuid', async (req, res) => {
    const { volume_id: volumeId } = parseRequest(VolumePath, { volume_id: req.params.volume_uuid });
    const body = parseRequest(ChangeTracking, req.body);
    const { snapshot_id: snapshotId, snapshot_name: name, snapshot_status: status } = body;
    const note = { snapshotId, name, status, ...(snapshotId === undefined ? {} : { contents: null }) };
    const isKnown = await inTransaction(db, (trx) => noteSnapshot(trx, volumeId, note));
    if (!isKnown) throw volumeUnknown(volumeId);
    res.json({ message: `tracking of volume ${volumeId} changed` });
  });

  router.delete('/snapshots/vm/:vm_context_id', async (req, res) => {
    const contextId = await knownContext(db, req.params.vm_context_id);
    const count = await inTransaction(db, (trx) => forgetSnapshotsOf(trx, contextId));
    res.json({ message: `snapshots of ${counted(count, 'volume')} are not tracked any more`, count });
  });
}

/** An empty answer for a wrong id would read as if there were no snapshots. @throws notFound `context.unknown` */
async function knownContext(db: Knex, contextId: string): Promise<string> {
  if ((await findContext(db, contextId)) === undefined) throw contextUnknown(contextId);
  return contextId;
}

/** A snapshot that already has the name is taken for the one that is asked for, so each asking has another. */
const freshName = (): string =>
  `migratekit-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(4).toString('hex')}`;

const presentSnapshot = (snapshot: Snapshot): object => ({
  snapshot_id: snapshot.id,
  name: snapshot.name,
  volume_id: snapshot.volumeId,
  state: snapshot.state,
  created_at: snapshot.createdAt ?? null,
  size: snapshot.sizeBytes ?? null,
  revertable: snapshot.isRevertable ?? null,
});

const presentTracked = (tracked: TrackedSnapshot): object => ({
  volume_uuid: tracked.volumeId,
  vm_context_id: tracked.contextId,
  device_path: tracked.devicePath,
  operation_mode: tracked.mode,
  snapshot_id: tracked.snapshotId,
  snapshot_name: tracked.snapshotName,
  snapshot_created_at: tracked.createdAt,
  snapshot_status: tracked.status,
});
