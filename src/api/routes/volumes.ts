import { listVolumeRows, type ListedVolume } from '../../db/stores/volume-list-store.ts';
import { listOperations } from '../../db/stores/volume-operation-store.ts';
import { decodeCursor, newestFirst, nextCursor } from '../../http/cursor.ts';
import type { ApiContext } from '../context.ts';
import { wire } from '../present/wire.ts';
import { defineRoute, noBody, noParams, type Route } from '../route.ts';
import { VolumeOperationQuery, VolumeOperations, VolumeQuery, Volumes } from '../schemas/volumes.ts';

const LIMIT_DEFAULT = 200;
const get = { method: 'get', tag: 'volumes', params: noParams, body: noBody } as const;

/** Target volumes and what is done with them, as our rows have it. */
export const volumeRoutes = ({ db }: ApiContext): readonly Route[] => [
  defineRoute({
    ...get,
    path: '/volumes',
    summary: 'Target volumes: of which disk, and where they are attached',
    description: 'What our rows say. Where CloudStack says otherwise, the volume has a finding.',
    query: VolumeQuery,
    answers: { 200: { description: 'a page of volumes', schema: Volumes } },
    async handle({ query }) {
      const { limit = LIMIT_DEFAULT, context_id: contextId } = query;
      const [name, volumeId] = decodeCursor(query.cursor, 2) ?? [];
      const after = name === undefined || volumeId === undefined ? undefined : ([name, volumeId] as const);
      const { rows, total } = await listVolumeRows(db, { contextId, limit, after });
      const next = nextCursor({ rows, limit }, (row) => [row.name, row.volumeId]);
      return { status: 200, body: { volumes: rows.map(present), count: total, next_cursor: next } };
    },
  }),
  defineRoute({
    ...get,
    path: '/volumes/operations',
    summary: 'Operations on volumes, newest first',
    description: 'Each is a job of the queue attach-volume: /jobs/{id} has its log.',
    query: VolumeOperationQuery,
    answers: { 200: { description: 'a page of operations', schema: VolumeOperations } },
    async handle({ query }) {
      const { limit = LIMIT_DEFAULT, volume_id: volumeId, type, status } = query;
      const paging = newestFirst(limit, query.cursor);
      const { operations, count } = await listOperations(db, { type, status, volumeId, limit, after: paging.after });
      const body = { operations: operations.map(wire), count, next_cursor: paging.next(operations) };
      return { status: 200, body };
    },
  }),
];

/** The column of the device always has a value: a placeholder where there is no device. */
function present(volume: ListedVolume): Record<string, unknown> {
  const isDevice = volume.mode === 'oma' && volume.linuxState !== 'waiting' && volume.linuxState !== 'n/a';
  return {
    volume_id: volume.volumeId,
    name: volume.name,
    vm_context_id: volume.contextId,
    vm_name: volume.vmName,
    disk_id: volume.diskId,
    size_bytes: volume.sizeBytes,
    state: volume.state,
    attached_to: volume.attachedTo,
    oma_vm_name: volume.omaVmName,
    operation_mode: volume.mode,
    device_path: isDevice ? volume.devicePath : null,
    device_state: volume.linuxState,
    ossea_config_id: volume.configId,
    ossea_config_name: volume.configName,
    findings: volume.findings,
  };
}
