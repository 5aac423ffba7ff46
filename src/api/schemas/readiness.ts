import { z } from 'zod';
import { envelope } from './envelope.ts';
import { bytes, contextId, count, flag, orNull, percent, seconds, text, Time, time } from './fields.ts';
import { Job } from './jobs.ts';

/** What the answers about the readiness of a VM are made of. */

const Severity = z.enum(['critical', 'warning', 'info']).meta({
  description: 'critical: a failover does not begin; warning: it may; info: good to know',
  example: 'critical',
});

export const ReadinessFinding = z
  .object({
    code: text('stable; what programs match on', 'copy.not-trusted'),
    severity: Severity,
    explanation: text('what is so', 'disk-2000 is not what was committed'),
    fix: text('what a person does about it', 'replicate the VM once more'),
    doc: text('where it is explained', 'docs/failover.md#copy-not-trusted'),
  })
  .meta({ id: 'ReadinessFinding', description: 'What a rule of readiness found.' });

const Findings = z.array(ReadinessFinding).meta({ description: 'what was found, the worst first' });
const Actions = z
  .array(z.string())
  .meta({ description: 'what to do about it, each thing once', example: ['replicate the VM once more'] });

const Check = z
  .object({
    check_name: text('name of the rule', 'committed-copy'),
    check_type: Severity.meta({ description: 'the worst that it may find', example: 'critical' }),
    family: text('of what it speaks: vm, jobs, copy, volumes, networks, target or source', 'copy'),
    status: z.enum(['pass', 'fail', 'warning', 'skip']).meta({
      description: 'skip: it does not matter here, cannot be said, or was passed over',
      example: 'pass',
    }),
    message: text('what was found, or what holds', 'every disk is on its volume as it was committed'),
    details: Findings,
    execution_time: z.number().min(0).meta({
      description: 'how long this rule took to judge, milliseconds; looking at the VM is not in it',
      example: 0.021,
    }),
  })
  .meta({ id: 'ReadinessCheck', description: 'One rule, asked.' });
const Checks = z.array(Check).meta({ description: 'every rule, in the order in which people read them' });

const Age = seconds('age of the committed point; null where there is none', 840).nullable();

const Network = z.object({
  source_network_name: text('network of the source', 'VM Network'),
  destination_network_id: text('network of CloudStack', '2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11'),
  mac_address: text('address that the adapter keeps; null: a new one', '00:50:56:00:00:01').nullable(),
});

export const ESTIMATE = {
  estimated_duration: text(
    'median of the last failovers of this type here; null before there was one',
    '4m',
  ).nullable(),
  estimated_duration_seconds: seconds('the same', 240).nullable(),
};

const VALID = {
  is_valid: flag('nothing critical was found'),
  readiness_score: z
    .int()
    .min(0)
    .max(100)
    .meta({ description: '100 less 30 for each critical finding and 5 for each warning, not below 0', example: 95 }),
};

export const ValidationResult = z
  .object({
    ...VALID,
    checks: Checks,
    findings: Findings,
    validation_errors: z.array(z.string()).meta({ description: 'the critical ones in words', example: [] }),
    validation_warnings: z.array(z.string()).meta({ description: 'the warnings in words', example: [] }),
    required_actions: Actions,
    committed_point_age_seconds: Age,
    networks: z.array(Network).meta({ description: 'where its adapters would lead' }),
    ...z.object(ESTIMATE).partial().shape,
    validated_at: Time,
  })
  .meta({ id: 'ValidationResult', description: 'What the rules of readiness say.' });

const NAMED = {
  vm_id: text('name of the VM', 'web01'),
  vm_name: text('the same', 'web01'),
  vm_context_id: contextId('its context'),
};
const Type = z.enum(['live', 'test']).meta({ description: 'type of the failover', example: 'live' });

export const FailoverReadinessByVm = envelope('web01 is ready for a live failover', {
  ...NAMED,
  failover_type: Type,
  ...VALID,
  validation_result: ValidationResult,
  required_actions: Actions,
}).meta({ id: 'Readiness', description: 'Whether a VM may be failed over.' });

export const FailoverReadiness = envelope('web01 is ready for a live failover', {
  ...NAMED,
  failover_type: Type,
  is_ready: VALID.is_valid,
  readiness_score: VALID.readiness_score,
  validation_result: ValidationResult,
  required_actions: Actions,
  validated_at: Time,
}).meta({ id: 'FailoverReadiness', description: 'Whether a VM may be failed over.' });

export const SyncStatus = envelope('web01 has a whole copy', {
  ...NAMED,
  sync_status: z
    .object({
      has_valid_change_id: flag('every disk has a changeId that holds: the next cycle is incremental'),
      last_change_id: text('of the first disk', '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81').nullable(),
      last_sync_time: time('the moment of the source that the committed point is of').nullable(),
      committed_point_age_seconds: Age,
      sync_completion_rate: percent('disks that are on their volumes as they were committed'),
      total_synced_bytes: bytes('moved by all cycles that were committed'),
      is_sync_up_to_date: flag('the copy is whole, and nothing speaks against it'),
      sync_jobs_active: count('jobs that hold the VM', 0),
      findings: Findings,
    })
    .meta({ description: 'the copy of the VM' }),
}).meta({ id: 'SyncStatus', description: 'What the copy of a VM is.' });

const names = (description: string) => z.array(z.string()).meta({ description, example: ['VM Network'] });

export const VmNetworkStatus = envelope('every network is mapped for live failovers', {
  ...NAMED,
  network_status: z
    .object({
      total_source_networks: count('networks that the source says the VM is in', 1),
      mapped_networks: count('those with a live mapping', 1),
      unmapped_networks: names('those without a live mapping'),
      unmapped_test_networks: names('those without a test mapping'),
      invalid_mappings: z
        .array(
          z.object({
            source_network_name: text('network of the mapping', 'Old Network'),
            is_test_network: flag('it is for test failovers'),
            reason: text('why it serves nothing', 'the VM has no such network (any more)'),
          }),
        )
        .meta({ description: 'mappings of networks that the VM does not have' }),
      all_networks_mapped: flag('each network has a live mapping'),
      test_network_configured: flag('each network has a test mapping'),
      findings: Findings,
    })
    .meta({ description: 'its networks' }),
}).meta({ id: 'VmNetworkStatus', description: 'Where the networks of a VM lead.' });

export const VolumeStatus = envelope('2 of 2 volumes of web01 are ready', {
  ...NAMED,
  volume_status: z
    .object({
      total_volumes: count('disks with a volume', 2),
      ready_volumes: count('volumes that hold what was committed, and that no failover has', 2),
      volume_issues: Findings,
      has_ossea_volumes: flag('there is one'),
      all_volumes_ready: flag('all of them, and nothing critical speaks against them'),
      volume_integrity_checked: flag('they are ready, and no comparison of them is outstanding'),
      volumes: z
        .array(
          z.object({
            disk_id: text('its disk', 'disk-2000'),
            volume_id: text('its id in CloudStack', '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0'),
            name: text('its name', 'migration-ctx-web01-disk-2000'),
            state: text('attached, detached, ...', 'attached'),
            attached_to: text('VM in CloudStack; null: none', '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0').nullable(),
            operation_mode: text('oma: ours; failover: the VM of a failover has it', 'oma').nullable(),
            export_status: text('of its NBD export; null: there is none', 'active').nullable(),
            snapshot_status: text('of the snapshot of a failover', 'none'),
            overlay: text('what lies above it: filling, sealed or merging', 'sealed').nullable(),
          }),
        )
        .meta({ description: 'each volume' }),
    })
    .meta({ description: 'its volumes' }),
}).meta({ id: 'VolumeStatus', description: 'What the volumes of a VM are.' });

export const ActiveJobs = envelope('no job works on web01', {
  ...NAMED,
  has_active_jobs: flag('there is one'),
  active_jobs: z.array(Job).meta({ description: 'running ones first' }),
  count: count('how many', 0),
}).meta({ id: 'VmActiveJobs', description: 'What works on a VM.' });

const Part = z
  .object({ ...VALID, checks: Checks })
  .meta({ id: 'ConfigurationOfType', description: 'what is configured for failovers of one type' });

export const ConfigurationCheck = envelope('nothing in the configuration of web01 forbids a failover', {
  ...NAMED,
  is_valid: VALID.is_valid,
  validated_at: Time,
  live: orNull(Part, 'for live failovers'),
  test: orNull(Part, 'for test failovers'),
  required_actions: Actions,
}).meta({ id: 'ConfigurationCheck', description: 'Whether networks, target and source of a VM are configured.' });

const yesOrNo = (description: string) => z.enum(['true', 'false']).optional().meta({ description, example: 'false' });

export const ReadinessQuery = z.strictObject({
  type: Type.default('live'),
  power_off_source: yesOrNo('live: as if the request said so; true where it is left out'),
  perform_final_sync: yesOrNo('live: as if the request said so; true where it is left out'),
});
