import type { Knex } from 'knex';
import { z } from 'zod';
import { Leftover } from '../../domain/failover/leftover.ts';
import type { FailoverJob } from '../models/failover-jobs.ts';
import { select } from '../sql.ts';

/** What the rows say is left of a failover that could not be undone completely, or of a rollback that could not end. */
export async function leftoversOf(
  trx: Knex.Transaction,
  of: Pick<FailoverJob, 'jobId' | 'vmContextId' | 'vmId' | 'destinationVmId' | 'sourcePower' | 'remaining'>,
): Promise<Leftover[]> {
  if (of.vmContextId === null) return [];
  const all = [
    ...named(of.remaining),
    ...(await volumesAway(trx, of.vmContextId)),
    ...(await snapshotsLeft(trx, of.vmContextId, of.jobId)),
    ...vmLeft(of.destinationVmId),
    ...(await templateDiskLeft(trx, of)),
    ...powerLeft(of),
  ];
  const keyOf = ({ kind, id }: Leftover): string => `${kind} ${id}`;
  return [...new Map(all.map((each) => [keyOf(each), each])).values()];
}

/** What the job itself has named. */
const named = (remaining: unknown): Leftover[] => z.array(Leftover).safeParse(remaining).data ?? [];

interface VolumeRow {
  readonly volumeId: string;
  readonly vmId: string;
  readonly state: string;
}

interface SnapshotRow {
  readonly snapshotId: string;
  readonly volumeId: string;
}

/** Volumes in the hands of another VM, or on their way. */
async function volumesAway(trx: Knex.Transaction, contextId: string): Promise<Leftover[]> {
  const rows = await select<VolumeRow>(
    trx,
    `SELECT mapping.volume_uuid AS volumeId, mapping.vm_id AS vmId, mapping.cloudstack_state AS state
       FROM device_mappings mapping JOIN ossea_volumes volume ON volume.volume_id = mapping.volume_uuid
      WHERE volume.vm_context_id = ? AND (mapping.operation_mode = 'failover' OR mapping.cloudstack_state = 'attaching')
      ORDER BY volume.name`,
    [contextId],
  );
  return rows.map(({ volumeId, vmId, state }) => ({
    kind: 'volume',
    id: volumeId,
    what:
      state === 'attaching'
        ? `an order to attach it to VM ${vmId} has no known end: look where it is, then clean up`
        : `it belongs to VM ${vmId}: detach it there, then clean up`,
  }));
}

async function snapshotsLeft(trx: Knex.Transaction, contextId: string, jobId: string): Promise<Leftover[]> {
  const rows = await select<SnapshotRow>(
    trx,
    `SELECT snapshot_id AS snapshotId, volume_id AS volumeId FROM ossea_volumes
      WHERE vm_context_id = ? AND snapshot_id IS NOT NULL AND snapshot_name LIKE CONCAT('%-', ?) ORDER BY name`,
    [contextId, jobId],
  );
  return rows.map(({ snapshotId, volumeId }) => ({
    kind: 'snapshot',
    id: snapshotId,
    what: `the snapshot of volume ${volumeId} is still there: clean up reverts to it and deletes it`,
  }));
}

const vmLeft = (vmId: string | null): Leftover[] =>
  vmId === null
    ? []
    : [
        {
          kind: 'vm',
          id: vmId,
          what: 'the VM of the failover is still there: clean up detaches our volumes and destroys it',
        },
      ];

/** Between its VM and its deletion, where the step that swaps the disks has begun and neither ended nor was undone. */
async function templateDiskLeft(
  trx: Knex.Transaction,
  { jobId, destinationVmId }: Pick<FailoverJob, 'jobId' | 'destinationVmId'>,
): Promise<Leftover[]> {
  if (destinationVmId === null) return [];
  const rows = await select<{ id: string | null }>(
    trx,
    `SELECT JSON_VALUE(made.output, '$.rootVolumeId') AS id
       FROM job_steps made JOIN job_steps swap ON swap.job_id = made.job_id
      WHERE made.job_id = ? AND made.name = 'vm-creation' AND made.status = 'completed'
        AND swap.name = 'volume-attachment' AND swap.status <> 'completed' AND swap.undone_at IS NULL`,
    [jobId],
  );
  const what = `the disk of the template may have been taken off VM ${destinationVmId}: clean up deletes it`;
  return rows.flatMap(({ id }) => (id === null ? [] : [{ kind: 'volume', id, what }]));
}

function powerLeft({ vmId, sourcePower }: Pick<FailoverJob, 'vmId' | 'sourcePower'>): Leftover[] {
  const power = Object(sourcePower) as { intent?: unknown; restored?: unknown };
  if (power.intent !== 'power-off' || power.restored === true) return [];
  return [{ kind: 'source-power', id: vmId, what: 'the source VM was switched off for the failover: power it on' }];
}
