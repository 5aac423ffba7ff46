import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { vmaLog } from '../../base/logger.ts';
import { hashImage } from '../index/hash-image.ts';
import { diskLineage } from '../index/lineage.ts';
import { exportUri, placeOf } from '../session/disk-export.ts';
import type { FolderDisk, FolderRecord } from '../session/record.ts';
import type { PlaceFor, Preparing } from '../session/source-kind.ts';
import { withBases } from './bases.ts';
import { readDescriptor } from './descriptor.ts';
import { freezeDisks, type FrozenDisk, LOCK_TIMEOUT_MS } from './freeze.ts';
import { diskOf } from './image.ts';
import { CONNECTIONS_MAX, REQUEST_BYTES_MAX } from './image-server.ts';
import { locateVm } from './locate.ts';

/** Making a session of kind `folder`: freeze, hash, compare. Nothing outside of `folder` changes but the lineages. */

export interface PrepareContext {
  readonly folderRoot: string | undefined;
  /** Folder of the lineages. */
  readonly indexes: string;
  readonly reserveBytes: number;
  readonly lockTimeoutMs?: number | undefined;
  readonly placeFor: PlaceFor;
}

/**
 * Costs one full read of what is allocated on the disks, twice for qcow2 and vmdk, besides the copy.
 * @throws what locateVm, readDescriptor, diskOf, freezeDisks and hashImage throw.
 */
export async function prepareFolder(context: PrepareContext, preparing: Preparing): Promise<FolderRecord> {
  const { request, folder, signal } = preparing;
  const place = await locateVm(context.folderRoot, request.vm);
  const vm = await readDescriptor(place);
  const disks = request.disks.map((asked) => diskOf(vm.disks, asked.disk_id));
  await preparing.claimVm(vm.uuid);
  const createdAt = new Date(systemClock.now()).toISOString();
  const startedMs = systemClock.monotonic();
  const frozen = await freezeDisks({
    folder: place,
    disks,
    into: folder,
    reserveBytes: context.reserveBytes,
    lockTimeoutMs: context.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    signal,
  });
  const frozenMs = systemClock.monotonic();
  const records: FolderDisk[] = [];
  for (const [index, disk] of frozen.entries()) {
    records.push(await indexDisk({ context, preparing, vmUuid: vm.uuid }, disk, index));
  }
  vmaLog.info(
    {
      sessionId: preparing.sessionId,
      jobId: request.job_id,
      vm: request.vm,
      freezeMs: Math.round(frozenMs - startedMs),
      indexMs: Math.round(systemClock.monotonic() - frozenMs),
    },
    'source frozen',
  );
  return {
    session_id: preparing.sessionId,
    job_id: request.job_id,
    epoch: request.epoch,
    kind: 'folder',
    vm: request.vm,
    vm_uuid: vm.uuid,
    installation_id: request.installation_id,
    snapshot: `${request.installation_id}/${request.job_id}/${request.epoch}`,
    created_at: createdAt,
    disks: await withBases({ indexes: context.indexes, folder, vmUuid: vm.uuid }, records, request.disks),
    facts: null,
  };
}

async function indexDisk(
  job: { context: PrepareContext; preparing: Preparing; vmUuid: string },
  frozen: FrozenDisk,
  index: number,
): Promise<FolderDisk> {
  const { context, preparing } = job;
  const diskId = frozen.disk.disk_id;
  const identity = { vm_uuid: job.vmUuid, disk_id: diskId };
  const changeId = await diskLineage(context.indexes, identity).nextChangeId();
  const indexFile = `disk-${index}.index`;
  await hashImage({
    imagePath: frozen.path,
    indexPath: join(preparing.folder, indexFile),
    identity: { ...identity, change_id: changeId, capacity_bytes: frozen.capacityBytes },
    signal: preparing.signal,
  });
  const place = context.placeFor(preparing.sessionId, index);
  const exportName = `${preparing.sessionId}-${diskId}`;
  const uri = exportUri(exportName, placeOf(place));
  return {
    disk_id: diskId,
    capacity_bytes: frozen.capacityBytes,
    change_id: changeId,
    mode: 'full',
    full_reason: null,
    uris: place.port === null ? { unix: uri } : { tcp: uri },
    export_name: exportName,
    limits: { host: hostname(), max_request_bytes: REQUEST_BYTES_MAX, max_connections: CONNECTIONS_MAX },
    facts: null,
    asked_change_id: null,
    image_file: `disk-${index}.raw`,
    index_file: indexFile,
    base_file: null,
    ...place,
  };
}
