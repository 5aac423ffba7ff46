import type { FailoverOptions } from '../../src/domain/failover/options.ts';
import type { JobRecord } from '../../src/db/stores/job-rows.ts';
import { select } from '../../src/db/sql.ts';
import { failover, failoverAccepted } from '../../src/queues/jobs/failover.ts';
import { submit } from '../../src/queues/submit.ts';
import type { ReplicationStand } from './replication-stand.ts';

/** Failovers of the VMs of a stand, as the API accepts them. */

const LIVE: FailoverOptions = {
  type: 'live',
  powerOffSource: false,
  performFinalSync: false,
  skipValidation: false,
  skipVirtio: true,
  networkStrategy: 'live',
  naming: 'exact',
  testDurationMs: null,
  autoCleanup: false,
  shutdown: { timeoutMs: 1_000, policy: 'force' },
  commit: null,
  networks: [],
  serviceOfferingId: null,
  templateId: null,
};

export function liveFailover(stand: ReplicationStand, change: Partial<FailoverOptions> = {}): FailoverOptions {
  const { liveNetwork } = stand.cloud.simulator.ids;
  return {
    ...LIVE,
    networks: [{ sourceNetworkName: 'VM Network', destinationNetworkId: liveNetwork }],
    ...change,
  };
}

export function testFailover(stand: ReplicationStand, change: Partial<FailoverOptions> = {}): FailoverOptions {
  const { testNetwork } = stand.cloud.simulator.ids;
  return {
    ...LIVE,
    type: 'test',
    networkStrategy: 'test',
    naming: 'suffixed',
    networks: [{ sourceNetworkName: 'VM Network', destinationNetworkId: testNetwork }],
    ...change,
  };
}

/** @returns the id of the job */
export async function submitFailover(
  stand: ReplicationStand,
  contextId: string,
  options: FailoverOptions,
): Promise<string> {
  const payload = { contextId, options };
  const domainRows = failoverAccepted(payload);
  return (await submit(stand.ledger, { contract: failover, payload, contextId, domainRows })).jobId;
}

/** One failover by a worker of this process, to its end. */
export async function failOverOnce(
  stand: ReplicationStand,
  contextId: string,
  options: FailoverOptions,
): Promise<JobRecord> {
  return stand.withWorker(async () => stand.ended(await submitFailover(stand, contextId, options)));
}

/** Everything outside the ledger that a failover touches, in words that a test can compare. */
export interface Placement {
  /** Of each volume of the VM in the cloud, in the order of its disks: its VM and the place there. */
  readonly volumes: readonly { readonly at: 'oma' | 'nowhere' | 'vm'; readonly deviceId: number | null }[];
  readonly modes: readonly string[];
  /** VMs of the cloud that are called as this one, and are not gone. */
  readonly vms: readonly { readonly name: string; readonly state: string }[];
  readonly snapshots: number;
  /** Volumes of the cloud that nobody knows: neither replicas nor disks of VMs that are there. */
  readonly strays: readonly string[];
  readonly context: string;
}

const GONE = ['Expunging', 'Destroyed', 'Expunged', 'Destroy'];

export async function placementOf(stand: ReplicationStand, contextId: string): Promise<Placement> {
  const { world } = stand.cloud.simulator;
  const rows = await select<{ id: string; mode: string | null }>(
    stand.db,
    `SELECT volume.volume_id AS id, mapping.operation_mode AS mode
       FROM vm_disks disk JOIN ossea_volumes volume ON volume.id = disk.ossea_volume_id
       LEFT JOIN device_mappings mapping ON mapping.volume_uuid = volume.volume_id
      WHERE disk.vm_context_id = ? ORDER BY disk.disk_id`,
    [contextId],
  );
  const ours = new Set(rows.map(({ id }) => id));
  const known = new Set(await stand.db('ossea_volumes').pluck<string[]>('volume_id'));
  const vms = world.vms.filter(({ state }) => !GONE.includes(state));
  const there = new Set(vms.map(({ id }) => id));
  const [context] = await select<{ name: string; status: string }>(
    stand.db,
    'SELECT vm_name AS name, current_status AS status FROM vm_replication_contexts WHERE context_id = ?',
    [contextId],
  );
  return {
    volumes: rows.map(({ id }) => {
      const volume = world.volumes.find((each) => each.id === id);
      const vmId = volume?.vmId ?? null;
      const at = vmId === null ? 'nowhere' : world.omaVmIds.includes(vmId) ? 'oma' : 'vm';
      return { at, deviceId: at === 'vm' ? (volume?.deviceId ?? null) : null };
    }),
    modes: rows.map(({ mode }) => mode ?? 'none'),
    vms: vms.filter(({ name }) => name.startsWith(context?.name ?? '')).map(({ name, state }) => ({ name, state })),
    // One in Error holds nothing, and CloudStack sweeps it away.
    snapshots: world.snapshots.filter((each) => ours.has(each.volumeId) && each.state !== 'Error').length,
    strays: world.volumes
      .filter(({ id, vmId, state }) => !known.has(id) && !GONE.includes(state) && !there.has(vmId ?? ''))
      .map(({ name, id }) => `${name} ${id}`),
    context: context?.status ?? '',
  };
}
