import type { Knex } from 'knex';
import type { ContextStatus } from '../../domain/context-status.ts';
import type {
  ActiveJob,
  FoundVolume,
  MappingFacts,
  NetworkUse,
  StoredFacts,
  TargetFacts,
} from '../../domain/readiness/facts.ts';
import { factsOfVm } from '../../domain/readiness/vm-facts.ts';
import { select } from '../sql.ts';
import { readinessDisks } from './readiness-disks.ts';

/** What our rows say of a VM before a failover of it: a fixed number of queries, however many disks and jobs there are. */

interface VmRow {
  readonly context_id: string;
  readonly vm_name: string;
  readonly current_status: ContextStatus;
  readonly vcenter_host: string;
  readonly power_state: string | null;
  readonly os_type: string | null;
  readonly cpu_count: number | null;
  readonly memory_mb: number | null;
  readonly source_inventory: unknown;
  readonly unreplicated_disks: unknown;
  readonly commit_job_id: string | null;
  readonly commit_snapshot_at: Date | null;
  readonly committed_at: Date | null;
  readonly ossea_config_id: number | null;
  readonly credentials: number;
  readonly now: Date;
}

const VM = `SELECT context_id, vm_name, current_status, vcenter_host, power_state, os_type, cpu_count, memory_mb,
  source_inventory, unreplicated_disks, commit_job_id, commit_snapshot_at, committed_at, ossea_config_id, NOW(3) AS now,
  (SELECT COUNT(*) FROM vmware_credentials credential WHERE credential.is_active = 1
      AND (credential.id = context.credential_id OR credential.vcenter_host = context.vcenter_host)) AS credentials
  FROM vm_replication_contexts context WHERE context_id = ?`;

/**
 * @param exceptJobId a job that does not count as one that works on the VM: the one that asks
 * @returns undefined when there is no such VM
 */
export async function readinessFacts(
  db: Knex,
  contextId: string,
  { exceptJobId }: { readonly exceptJobId?: string | undefined } = {},
): Promise<StoredFacts | undefined> {
  const [row] = await select<VmRow>(db, VM, [contextId]);
  if (row === undefined) return undefined;
  const [disks, mappings, networkUses, jobs, target, volumeFindings] = await Promise.all([
    readinessDisks(db, contextId),
    mappingsOf(db, contextId),
    usesOfNetworks(db),
    activeJobsOf(db, contextId),
    targetOf(db, row.ossea_config_id),
    confirmedFindings(db, contextId),
  ]);
  const vm = factsOfVm({
    contextId: row.context_id,
    vmName: row.vm_name,
    status: row.current_status,
    vcenterHost: row.vcenter_host,
    powerState: row.power_state,
    osType: row.os_type,
    cpuCount: row.cpu_count,
    memoryMb: row.memory_mb,
    inventory: jsonOf(row.source_inventory),
    unreplicatedDisks: jsonOf(row.unreplicated_disks),
    commitJobId: row.commit_job_id,
    committedPointAt: row.commit_snapshot_at ?? row.committed_at,
    hasCredential: Number(row.credentials) > 0,
  });
  const activeJobs = jobs.filter(({ jobId }) => jobId !== exceptJobId);
  return { now: row.now, vm, disks, mappings, networkUses, activeJobs, target, volumeFindings };
}

/** MySQL has a type for JSON, MariaDB delivers its text. */
const jsonOf = (stored: unknown): unknown => (typeof stored === 'string' ? (JSON.parse(stored) as unknown) : stored);

const mappingsOf = async (db: Knex, contextId: string): Promise<MappingFacts[]> =>
  (
    await select<Omit<MappingFacts, 'isTestNetwork'> & { readonly is_test: number }>(
      db,
      `SELECT source_network_name AS sourceNetworkName, destination_network_id AS destinationNetworkId,
              destination_network_name AS destinationNetworkName, is_test_network AS is_test
         FROM network_mappings WHERE vm_context_id = ? ORDER BY is_test_network, source_network_name`,
      [contextId],
    )
  ).map(({ is_test: isTest, ...mapping }) => ({ ...mapping, isTestNetwork: isTest === 1 }));

/** A zone has few networks, however many VMs are mapped to them. */
const usesOfNetworks = async (db: Knex): Promise<NetworkUse[]> =>
  (
    await select<{ id: string; is_test: number; vms: number; vm_name: string }>(
      db,
      `SELECT destination_network_id AS id, is_test_network AS is_test, COUNT(DISTINCT vm_context_id) AS vms,
              MIN(vm_id) AS vm_name
         FROM network_mappings GROUP BY destination_network_id, is_test_network`,
    )
  ).map((row) => ({
    destinationNetworkId: row.id,
    isTest: row.is_test === 1,
    vms: Number(row.vms),
    vmName: row.vm_name,
  }));

const activeJobsOf = (db: Knex, contextId: string): Promise<ActiveJob[]> =>
  select<ActiveJob>(
    db,
    'SELECT id AS jobId, operation, status FROM job_tracking WHERE active_context_id = ? ORDER BY id',
    [contextId],
  );

/** The CloudStack that its volumes are in; the active one while that is not settled. */
async function targetOf(db: Knex, configId: number | null): Promise<TargetFacts | null> {
  const [row] = await select<TargetFacts>(
    db,
    `SELECT id AS configId, name, zone, template_id AS templateId, service_offering_id AS serviceOfferingId,
            oma_vm_id AS omaVmId
       FROM ossea_configs WHERE ${configId === null ? 'is_active = 1' : 'id = ?'} ORDER BY id LIMIT 1`,
    configId === null ? [] : [configId],
  );
  return row ?? null;
}

/** What was seen once may have been seen while it changed. */
const confirmedFindings = (db: Knex, contextId: string): Promise<FoundVolume[]> =>
  select<FoundVolume>(
    db,
    `SELECT finding.volume_id AS volumeId, finding.name, finding.kind, finding.text
       FROM volume_findings finding JOIN ossea_volumes volume ON volume.volume_id = finding.volume_id
      WHERE volume.vm_context_id = ? AND finding.looks >= 2 ORDER BY finding.name, finding.kind`,
    [contextId],
  );
