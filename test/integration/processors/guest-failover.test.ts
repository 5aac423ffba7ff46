import { execFile } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GiB, MiB } from '../../../src/base/units.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { makeBootImage } from '../../../src/lab/guest-image/boot-image.ts';
import { serialOf } from '../../../src/volumes/serial.ts';
import { attachVolume, volumeOperation, type VolumeAction } from '../../../src/queues/jobs/attach-volume.ts';
import { submit } from '../../../src/queues/submit.ts';
import { noteOperationProgress } from '../../../src/db/stores/volume-operation-store.ts';
import { liveFailover, placementOf, submitFailover, testFailover } from '../../support/failovers.ts';
import { guestAccount } from '../../support/guest/console.ts';
import { hashOf8MiB } from '../../support/guest/image-hash.ts';
import { sha256OfFile } from '../../support/nbd-servers.ts';
import { submitRollback } from '../../support/rollbacks.ts';
import { expectJob } from '../../support/job-story.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

/** A small system, made from Debian packages, on the whole road: replicated, failed over, and booted from its replica. */

jest.setTimeout(400_000);

const run = promisify(execFile);
const HASTE = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' };
const MAC = '00:50:56:00:be:ef';
const NAME = 'web-1';
const IMAGES = ['system.img', 'data.img'] as const;
const CAPACITIES = [48 * MiB, 64 * MiB];

let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand(HASTE, {}, { guests: true });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const imagePath = (image: string): string => join(stand.root, NAME, image);

/** What a replication of this VM is asked for with. */
async function makeVm(): Promise<object> {
  await mkdir(join(stand.root, NAME));
  const [system, data] = [imagePath(IMAGES[0]), imagePath(IMAGES[1])];
  await makeBootImage({ home: process.cwd(), path: system, hostname: NAME, capacityBytes: bytesOf(0) });
  await writeFile(data, '');
  await truncate(data, bytesOf(1));
  await run('mkfs.ext4', ['-q', '-F', data], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
  await writeFile(
    imagePath('vm.json'),
    JSON.stringify({
      uuid: '564d0000-0000-4000-8000-00000000beef',
      name: NAME,
      disks: IMAGES.map((file, index) => ({
        ...{ disk_id: `disk-${2000 + index}`, file, format: 'raw', unit_number: index, label: file },
      })),
    }),
  );
  const found = await stand.vma.folderVm(NAME);
  const disks = found.disks.map((disk) => ({
    id: disk.disk_id,
    path: disk.file,
    capacity_bytes: disk.capacity_bytes,
    unit_number: disk.unit_number,
  }));
  const vm = { id: found.uuid, name: NAME, path: `/vms/${NAME}`, datacenter: 'vms', disks };
  return { source_vm: vm, vcenter_host: 'folder', datacenter: 'vms' };
}

let request: object;
let contextId: string;
beforeAll(async () => {
  request = await makeVm();
  const replication = await stand.withWorker(async () => stand.ended(await stand.submit(request)));
  await expectJob(stand.db, replication, { status: 'completed' });
  contextId = replication.contextId ?? '';
});

describe('the conversion of a guest', () => {
  async function conversion(osHint: string | null): Promise<{ volumeIds: string[]; submitted: string }> {
    const volumeIds = await stand.db('ossea_volumes').where({ vm_context_id: contextId }).pluck<string[]>('volume_id');
    const payload: VolumeAction = { action: 'convert', volumeIds, osHint, firmware: 'bios' };
    const domainRows = volumeOperation(payload);
    const { jobId } = await submit(stand.ledger, { contract: attachVolume, payload, domainRows });
    return { volumeIds, submitted: jobId };
  }
  const generations = (): Promise<number[]> =>
    stand.db('vm_disks').where({ vm_context_id: contextId }).orderBy('disk_id').pluck<number[]>('target_generation');

  // The system of the lab is none that virt-v2v knows, whether it is installed here or not.
  test('that virt-v2v does not know is skipped with the reason, and its disks are believed as before', async () => {
    const before = await generations();
    const { submitted, volumeIds } = await conversion('debian12_64Guest');
    const job = await stand.ended(submitted);
    await expectJob(stand.db, job, { status: 'completed' });
    expect(JSON.parse(job.resultJson ?? '')).toMatchObject({
      volumeId: volumeIds[0],
      conversion: { outcome: 'skipped', rootVolumeId: null },
    });
    expect(await generations()).toEqual(before);
  });

  test('that is a Windows and cannot be converted here fails with the next step', async () => {
    const { submitted } = await conversion('windows2019srv_64Guest');
    const job = await stand.ended(submitted);
    expect(job).toMatchObject({
      status: 'failed',
      errorCode: expect.stringMatching(/^conversion\./),
      errorHint: expect.stringContaining('skip_virtio'),
    });
  });

  test('is not begun again where an attempt died in the middle of it', async () => {
    await stand.volumeDaemon.stop();
    const { submitted } = await conversion(null);
    await stand.db.transaction((trx) =>
      noteOperationProgress(trx, submitted, { what: 'conversion-begun', output: {} }),
    );
    await stand.volumeDaemon.start();
    expect(await stand.ended(submitted)).toMatchObject({
      status: 'failed',
      errorCode: 'conversion.interrupted',
      errorHint: expect.stringContaining('snapshots'),
    });
  });
});

/** A failover to its end, and what its guest says. @returns the id of the failover */
async function booted(options: FailoverOptions, hostname: string): Promise<string> {
  const { simulator } = stand.cloud;
  const env = {
    MIGRATEKIT_CONSOLE_TEXT_URL: `${simulator.controlUrl}/vms/{vm_id}/console`,
    MIGRATEKIT_CONSOLE_TEXT_TOKEN: simulator.controlToken.reveal(),
  };
  const job = await stand.withWorker(async () => stand.ended(await submitFailover(stand, contextId, options)), { env });
  await expectJob(stand.db, job, { status: 'completed' });
  const failover = await findFailover(stand.db, job.id);
  expect(failover).toMatchObject({
    status: 'completed',
    bootVerdict: { verdict: 'booted', vmState: 'Running' },
    conversion: { outcome: 'skipped' },
  });
  const vmId = failover?.destinationVmId ?? '';
  const volumes = simulator.world.volumes
    .filter((volume) => volume.vmId === vmId)
    .sort((left, right) => (left.deviceId ?? 0) - (right.deviceId ?? 0));
  const hashes = await Promise.all(IMAGES.map((image) => hashOf8MiB(imagePath(image))));
  const account = guestAccount(simulator.consoleText(vmId) ?? '');
  expect(account).toMatchObject({
    hostname,
    macAddresses: [MAC],
    disks: volumes.map(({ id }, index) => ({ serial: serialOf(id), bytes: GiB, sha256Of8MiB: hashes[index] })),
    isReady: true,
  });
  // It works on them: what it wrote is in the replica, and the source knows nothing of it.
  expect(account.lines.flatMap((line) => line['wrote'] ?? [])).toEqual(['vda1', 'vdb']);
  for (const [index, { id }] of volumes.entries())
    expect(await replicaHash(id, index)).not.toBe(await imageHash(index));
  return job.id;
}

const bytesOf = (index: number): number => CAPACITIES[index] ?? 0;
const imageHash = (index: number): Promise<string> => sha256OfFile(imagePath(IMAGES[index] ?? ''));
const replicaHash = (volumeId: string, index: number): Promise<string> =>
  sha256OfFile(stand.cloud.simulator.volumePath(volumeId), bytesOf(index));

/** Takes the failover back: every byte that its guest wrote is gone, and the next cycle may build on what is there. */
async function takenBack(failoverJobId: string): Promise<void> {
  const job = await stand.withWorker(async () =>
    stand.ended(await submitRollback(stand, { contextId, failoverJobId })),
  );
  await expectJob(stand.db, job, { status: 'completed' });
  await expectEqual();
  expect(await placementOf(stand, contextId)).toEqual({
    ...{ volumes: IMAGES.map(() => ({ at: 'oma', deviceId: null })), modes: IMAGES.map(() => 'oma') },
    ...{ vms: [], snapshots: 0, strays: [], context: 'ready_for_failover' },
  });
}

async function expectEqual(): Promise<void> {
  const volumeIds = await stand
    .db('vm_disks as disk')
    .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
    .where('disk.vm_context_id', contextId)
    .orderBy('disk.disk_id')
    .pluck<string[]>('volume.volume_id');
  expect(await Promise.all(volumeIds.map(replicaHash))).toEqual(
    await Promise.all(IMAGES.map((_, at) => imageHash(at))),
  );
}

/** Another system on the same disk: most of its bytes are where they were. */
const renamed = (hostname: string): Promise<void> =>
  makeBootImage({ home: process.cwd(), path: imagePath(IMAGES[0]), hostname, capacityBytes: bytesOf(0) });

/** How the last cycle was done, disk by disk. */
const lastModes = (): Promise<string[]> =>
  stand.db('vm_disks').where({ vm_context_id: contextId }).orderBy('disk_id').pluck<string[]>('last_sync_mode');

test('a system boots from its replica in a test, comes back byte by byte, moves for good with its last changes, and back', async () => {
  const { simulator } = stand.cloud;
  const asked = { skipVirtio: false, serviceOfferingId: simulator.ids.serviceOffering };
  const card = { sourceNetworkName: 'VM Network', macAddress: MAC };

  const testNetworks = [{ ...card, destinationNetworkId: simulator.ids.testNetwork }];
  await takenBack(await booted(testFailover(stand, { ...asked, networks: testNetworks }), NAME));

  await renamed('web-1-changed');
  const networks = [{ ...card, destinationNetworkId: simulator.ids.liveNetwork }];
  const live = await booted(liveFailover(stand, { ...asked, performFinalSync: true, networks }), 'web-1-changed');
  expect(await lastModes()).toEqual(['incremental', 'incremental']);
  await takenBack(live);

  await renamed('web-1-again');
  const next = await stand.withWorker(async () => stand.ended(await stand.submit(request)));
  await expectJob(stand.db, next, { status: 'completed' });
  expect(await lastModes()).toEqual(['incremental', 'incremental']);
  await expectEqual();
});
