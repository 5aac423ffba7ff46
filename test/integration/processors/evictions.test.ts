import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { listOmaVms } from '../../../src/db/stores/oma-vm-store.ts';
import { readSlots } from '../../../src/db/stores/slot-store.ts';
import { FatalWire } from '../../support/fatal-wire.ts';
import { expectJob } from '../../support/job-story.ts';
import { MortalDaemon } from '../../support/mortal-daemon.ts';
import { SmallVm } from '../../support/oma-vms.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';
import { untilAllEnded } from '../../support/whole-replica.ts';

/** The volume daemon dies while it detaches an idle volume, so that a job that waits for its slot can have it. */

jest.setTimeout(600_000);

const SLOTS = 2;

let stand: ReplicationStand;
let toCloud: FatalWire;
let daemon: MortalDaemon;
/** Both fill the OMA VM: whichever is replicated drives the other one out. */
let attached: SmallVm;
let evicted: SmallVm;

beforeAll(async () => {
  const quick = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' };
  // What a dead daemon took and had not begun is sent again soon.
  const settings = { ...quick, MIGRATEKIT_ATTACH_SLOTS: String(SLOTS), MIGRATEKIT_DISPATCH_TIMEOUT_MS: '1000' };
  stand = await openReplicationStand(settings, {}, { dataVolumesMax: SLOTS });
  const { port, endpoint } = stand.cloud.simulator;
  toCloud = await FatalWire.to({ host: '127.0.0.1', port });
  await stand.db('ossea_configs').update({ api_url: endpoint.replace(/:\d+/, `:${toCloud.port}`) });
  daemon = await MortalDaemon.start(stand, {});
  evicted = await SmallVm.make(stand, 'vm-one', SLOTS);
  attached = await SmallVm.make(stand, 'vm-other', SLOTS);
  for (const vm of [evicted, attached]) await replicate(vm);
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await toCloud[Symbol.asyncDispose]();
  await stand[Symbol.asyncDispose]();
});

async function replicate(vm: SmallVm, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const jobId = await vm.submit();
  await stand.withWorker(async () => {
    await meanwhile();
    await expectJob(stand.db, await stand.ended(jobId), { status: 'completed' });
    await untilAllEnded(stand);
  });
}

async function expectPlaces(): Promise<void> {
  const { world, ids } = stand.cloud.simulator;
  const volumes = world.volumes.filter(({ type }) => type === 'DATADISK');
  const [here, away] = [await attached.volumeIds(), await evicted.volumeIds()];
  expect(volumes.map(({ id, vmId }) => ({ id, vmId })).toSorted(byId)).toEqual(
    [...here.map((id) => ({ id, vmId: ids.omaVm })), ...away.map((id) => ({ id, vmId: null }))].toSorted(byId),
  );
  const mapped = await stand
    .db('device_mappings')
    .select<{ id: string; device_path: string }[]>('volume_uuid as id', 'device_path');
  expect(mapped.toSorted(byId)).toEqual(
    here.map((id) => ({ id, device_path: stand.cloud.simulator.volumePath(id) })).toSorted(byId),
  );
  const rows = await stand
    .db('ossea_volumes')
    .whereIn('volume_id', away)
    .select<object[]>('state', 'vm_id', 'device_path');
  expect(rows).toEqual(away.map(() => ({ state: 'detached', vm_id: null, device_path: null })));
  const slots = await readSlots(stand.db, await listOmaVms(stand.db));
  expect(slots.requests).toEqual([]);
  // They were evicted themselves a moment ago, and may be again.
  expect(slots.attached.map(({ evictedBy, isKept, isStuck }) => ({ evictedBy, isKept, isStuck }))).toEqual(
    here.map(() => ({ evictedBy: null, isKept: false, isStuck: false })),
  );
  await expect(stand.db('nbd_exports').pluck('status')).resolves.toEqual([]);
  for (const vm of [attached, evicted]) {
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
  }
}

const byId = (a: { id: string }, b: { id: string }): number => a.id.localeCompare(b.id);

test.each([
  { asking: 'detachVolume', at: 1, when: 'before' },
  { asking: 'detachVolume', at: 2, when: 'after' },
] as const)(
  'a volume daemon that dies $when request $at to $asking leaves the evicted volume whole, and the waiting job gets its slots',
  async (strike) => {
    [attached, evicted] = [evicted, attached];
    await attached.write(0);
    toCloud.arm({ ...strike, kill: () => daemon.killNow() });
    await replicate(attached, async () => {
      await until(() => toCloud.struck, { withinMs: 120_000, what: 'an eviction' });
      await daemon.buried();
      await daemon.start();
    });
    await expectPlaces();
  },
);
