import { counted } from '../../base/counted.ts';
import type { Knex } from '../../db/knex.ts';
import { readinessFacts } from '../../db/stores/readiness-store.ts';
import { openJobsOf } from '../../db/stores/context-open-jobs.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { syncedOf } from '../../db/stores/synced-store.ts';
import { assessReadiness } from '../../domain/readiness/assess.ts';
import { disksOfPoint, isInUse, isUsable, pointAgeSeconds, type ReadinessFacts } from '../../domain/readiness/facts.ts';
import { planNetworks } from '../../domain/readiness/networks.ts';
import type { Family, Finding, ReadinessQuestion } from '../../domain/readiness/rule.ts';
import { vmOf } from '../network-mappings/vm-of.ts';
import { presentJob } from '../present/job.ts';

/** The answers that show one part of a readiness, from our rows alone. */

/** A live failover that asks nothing of its source: only what is known here counts. */
const PLAIN: ReadinessQuestion = {
  type: 'live',
  powerOffSource: false,
  performFinalSync: false,
  skipVirtio: false,
  skipValidation: false,
  serviceOfferingId: null,
  templateId: null,
};

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous` */
async function storedOf(db: Knex, word: string): Promise<ReadinessFacts> {
  const { contextId } = await vmOf(db, word);
  const stored = await readinessFacts(db, contextId);
  if (stored === undefined) throw contextUnknown(contextId);
  return { ...stored, cloud: { unknownBecause: 'it was not asked' } };
}

function findingsOf(facts: ReadinessFacts, family: Family, question = PLAIN): Finding[] {
  const { checks } = assessReadiness(facts, question);
  return checks.filter((check) => check.family === family).flatMap((check) => check.findings);
}

const answerOf = ({ vm }: ReadinessFacts, message: string): Record<string, unknown> => ({
  success: true,
  message,
  vm_id: vm.vmName,
  vm_name: vm.vmName,
  vm_context_id: vm.contextId,
});

/** Body of GET /vms/{vm_id}/sync-status. */
export async function syncStatus(db: Knex, word: string): Promise<Record<string, unknown>> {
  const facts = await storedOf(db, word);
  const disks = disksOfPoint(facts);
  const usable = disks.filter(isUsable);
  const findings = findingsOf(facts, 'copy');
  const isWhole = disks.length > 0 && usable.length === disks.length;
  const isUpToDate = isWhole && !findings.some(({ severity }) => severity !== 'info');
  const synced = await syncedOf(db, facts.vm.contextId);
  const changeIds = usable.flatMap((disk) => disk.changeId ?? []);
  return {
    ...answerOf(facts, `${facts.vm.vmName} has ${wordsOf(facts, isWhole)}`),
    sync_status: {
      has_valid_change_id: isWhole && changeIds.length === disks.length,
      last_change_id: changeIds[0] ?? null,
      last_sync_time: facts.vm.committedPointAt?.toISOString() ?? null,
      committed_point_age_seconds: pointAgeSeconds(facts),
      sync_completion_rate: disks.length === 0 ? 0 : Math.round((usable.length / disks.length) * 10_000) / 100,
      total_synced_bytes: synced,
      is_sync_up_to_date: isUpToDate,
      sync_jobs_active: facts.activeJobs.length,
      findings,
    },
  };
}

function wordsOf(facts: ReadinessFacts, isWhole: boolean): string {
  if (isInUse(facts)) return 'a copy that a failover uses';
  return isWhole ? 'a whole copy' : 'no whole copy';
}

/** Body of GET /vms/{vm_id}/network-mapping-status. */
export async function networkMappingStatus(db: Knex, word: string): Promise<Record<string, unknown>> {
  const facts = await storedOf(db, word);
  const live = planNetworks(facts, { type: 'live' });
  const test = planNetworks(facts, { type: 'test' });
  const sources = new Set(facts.vm.adapters.map(({ networkName }) => networkName));
  const findings = findingsOf(facts, 'networks');
  const invalid = facts.mappings.filter((one) => sources.size > 0 && !sources.has(one.sourceNetworkName));
  const isComplete = live.networks.length > 0 && live.unmapped.length === 0;
  return {
    ...answerOf(facts, isComplete ? 'every network is mapped for live failovers' : 'networks are not mapped'),
    network_status: {
      total_source_networks: sources.size,
      mapped_networks: sources.size - live.unmapped.length,
      unmapped_networks: live.unmapped,
      unmapped_test_networks: test.unmapped,
      invalid_mappings: invalid.map((one) => ({
        source_network_name: one.sourceNetworkName,
        is_test_network: one.isTestNetwork,
        reason: 'the VM has no such network (any more)',
      })),
      all_networks_mapped: isComplete,
      test_network_configured: test.networks.length > 0 && test.unmapped.length === 0,
      findings,
    },
  };
}

/** Body of GET /vms/{vm_id}/volume-status. */
export async function volumeStatus(db: Knex, word: string): Promise<Record<string, unknown>> {
  const facts = await storedOf(db, word);
  const disks = disksOfPoint(facts);
  const issues = findingsOf(facts, 'volumes');
  const withVolume = disks.filter(({ volume }) => volume !== null);
  const ready = disks.filter((disk) => isUsable(disk) && isInOurHands(disk.volume));
  const isReady = disks.length > 0 && ready.length === disks.length;
  return {
    ...answerOf(
      facts,
      `${ready.length} of ${counted(disks.length, 'volume')} of ${facts.vm.vmName} ${ready.length === 1 ? 'is' : 'are'} ready`,
    ),
    volume_status: {
      total_volumes: withVolume.length,
      ready_volumes: ready.length,
      volume_issues: issues,
      has_ossea_volumes: withVolume.length > 0,
      all_volumes_ready: isReady && !issues.some(({ severity }) => severity === 'critical'),
      volume_integrity_checked: disks.length > 0 && disks.every(({ doubt }) => doubt === null) && isReady,
      volumes: withVolume.map(({ diskId, volume }) => ({
        disk_id: diskId,
        volume_id: volume?.volumeId,
        name: volume?.name,
        state: volume?.state,
        attached_to: volume?.place?.vmId ?? null,
        operation_mode: volume?.place?.mode ?? null,
        export_status: volume?.exportStatus ?? null,
        snapshot_status: volume?.snapshotStatus,
        overlay: volume?.overlay ?? null,
      })),
    },
  };
}

const isInOurHands = (volume: ReadinessFacts['disks'][number]['volume']): boolean =>
  volume !== null && (volume.place === null || volume.place.mode === 'oma');

/** Body of GET /vms/{vm_id}/active-jobs. */
export async function activeJobs(db: Knex, word: string): Promise<Record<string, unknown>> {
  const vm = await vmOf(db, word);
  const jobs = await openJobsOf(db, vm.contextId);
  return {
    success: true,
    message:
      jobs.length === 0
        ? `no job works on ${vm.vmName}`
        : `${counted(jobs.length, 'job works', 'jobs work')} on ${vm.vmName}`,
    vm_id: vm.vmName,
    vm_name: vm.vmName,
    vm_context_id: vm.contextId,
    has_active_jobs: jobs.length > 0,
    active_jobs: jobs.map(presentJob),
    count: jobs.length,
  };
}
