import { Router, type Response } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { notFound, type AppError } from '../../base/errors.ts';
import { wholeGiB } from '../../base/units.ts';
import { parseRequest } from '../../http/server.ts';
import { findContext } from '../../db/stores/context-store.ts';
import { findMapping, findMappingByDevice, mappingsOfVm } from '../../db/stores/device-mapping-store.ts';
import { listOperations } from '../../db/stores/volume-operation-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { findVolumeRow } from '../../db/stores/volume-store.ts';
import type { VolumeAction } from '../../queues/jobs/attach-volume.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { acceptOperation } from '../accept-operation.ts';
import { presentMapping, presentVolume } from '../present.ts';
import { volumeUnknown } from '../volume-unknown.ts';
import { CloudId, VolumePath } from './parameters.ts';

const CreateVolume = z.object({
  name: z.string().min(1).max(191),
  /** Bytes; CloudStack gets the next whole GiB. */
  size: z.int().positive(),
  disk_offering_id: CloudId,
  zone_id: CloudId,
  vm_context_id: z.string().min(1).max(64).nullish(),
  /** Whatever the caller wants to find again with the operation. */
  metadata: z.record(z.string().max(191), z.json()).optional(),
});
/** Bytes; CloudStack gets the next whole GiB. */
const ResizeVolume = z.object({ size: z.int().positive() });
const AttachVolume = z.object({ vm_id: CloudId });

/** /volumes: every change is a job; its operation is the answer. */
export function volumeRoutes({ db, ledger }: { db: Knex; ledger: Ledger }): Router {
  const router = Router();
  const accept = (res: Response, payload: VolumeAction): Promise<void> => acceptOperation({ db, ledger }, res, payload);

  router.post('/volumes', async (req, res) => {
    const body = parseRequest(CreateVolume, req.body);
    const { vm_context_id: contextId = null } = body;
    if (contextId !== null && (await findContext(db, contextId)) === undefined) throw contextUnknown(contextId);
    await accept(res, {
      action: 'create',
      name: body.name,
      sizeGb: wholeGiB(body.size),
      diskOfferingId: body.disk_offering_id,
      zoneId: body.zone_id,
      contextId,
      ...(body.metadata === undefined ? {} : { metadata: body.metadata }),
    });
  });

  router.post('/volumes/:volume_id/attach', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { vm_id } = parseRequest(AttachVolume, req.body);
    await accept(res, { action: 'attach', volumeId: volume_id, vmId: vm_id });
  });

  router.post('/volumes/:volume_id/attach-root', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { vm_id } = parseRequest(AttachVolume, req.body);
    await accept(res, { action: 'attach', volumeId: volume_id, vmId: vm_id, deviceId: 0 });
  });

  router.post('/volumes/:volume_id/detach', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    await accept(res, { action: 'detach', volumeId: volume_id });
  });

  router.delete('/volumes/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    await accept(res, { action: 'delete', volumeId: volume_id });
  });

  router.post('/volumes/:volume_id/resize', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { size } = parseRequest(ResizeVolume, req.body);
    await accept(res, { action: 'resize', volumeId: volume_id, sizeGb: wholeGiB(size) });
  });

  addLookUps(router, db);
  return router;
}

function addLookUps(router: Router, db: Knex): void {
  router.get('/volumes/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const volume = await findVolumeRow(db, volume_id);
    if (volume === undefined) throw volumeUnknown(volume_id);
    const mapping = await findMapping(db, volume_id);
    const { operations } = await listOperations(db, { volumeId: volume_id, limit: 1 });
    res.json(presentVolume(volume, { mapping, lastOperation: operations[0] }));
  });

  router.get('/volumes/:volume_id/device', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const mapping = await findMapping(db, volume_id);
    if (mapping === undefined && (await findVolumeRow(db, volume_id)) === undefined) throw volumeUnknown(volume_id);
    if (mapping === undefined) throw notAttached(volume_id);
    res.json(presentMapping(mapping));
  });

  // A device path has slashes: it comes percent-encoded, /devices/%2Fdev%2Fvdb/volume.
  router.get('/devices/:path/volume', async (req, res) => {
    const mapping = await findMappingByDevice(db, req.params.path);
    if (mapping === undefined) throw deviceUnknown(req.params.path);
    res.json(presentMapping(mapping));
  });

  router.get('/vms/:vm_id/volumes', async (req, res) => {
    const mappings = await mappingsOfVm(db, req.params.vm_id);
    res.json({ volumes: mappings.map(presentMapping), count: mappings.length });
  });
}

const notAttached = (volumeId: string): AppError =>
  notFound('volume.not-attached', `volume ${volumeId} is not attached`, {
    details: { volumeId },
    hint: 'attach it with POST /api/v1/volumes/{id}/attach; what CloudStack attached by itself is in the findings of force-sync',
  });

const deviceUnknown = (path: string): AppError =>
  notFound('device.unknown', `no volume is known behind ${path}`, {
    details: { path },
    hint: 'the path is percent-encoded, as in /devices/%2Fdev%2Fvdb/volume; GET /api/v1/vms/{vm_id}/volumes lists all devices',
  });
