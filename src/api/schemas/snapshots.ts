import { z } from 'zod';
import { SnapshotAlarm, SnapshotState } from '../../domain/snapshot-findings.ts';
import { count, ErrorCode, jobId, text, time } from './fields.ts';

export const Snapshot = z
  .object({
    vm: text('name of the VM', 'web01'),
    vm_ref: text('reference of the VM at its vCenter', 'vm-42'),
    instance_uuid: text('instance uuid of the VM', '5012c1f0-0000-4000-8000-000000000042').nullable(),
    snapshot_ref: text('reference of the snapshot at its vCenter', 'snapshot-77'),
    name: text('name of the snapshot', 'migratekit-job-20260114-093000.123-a1b2c3-1'),
    job_id: jobId('the job that made it'),
    created_at: time('when it was made, by the clock of the vCenter'),
    age_hours: z.number().min(0).meta({ description: 'how old it is, hours', example: 25.5 }),
    state: SnapshotState.meta({
      description:
        'removing: it goes; removal-failed: it should; session-open: a source session has it; job-active: its job runs; job-unknown: this installation made it, but the ledger knows no such job, so a person decides',
      example: 'removing',
    }),
    error: z
      .union([
        z.object({ code: ErrorCode, text: text('what went wrong', 'vcenter refused RemoveSnapshot_Task') }),
        z.null(),
      ])
      .meta({ description: 'why the last removal failed' }),
    next_step: text('what a person does', 'nothing: it is being removed'),
    credential_id: count('the credential of the vCenter', 1),
    vcenter_host: text('the vCenter', 'vcenter.example.com'),
  })
  .meta({ id: 'Snapshot', description: 'A snapshot of this installation that the last sweep found.' });

const Alarm = z
  .object({
    code: SnapshotAlarm.shape.code.meta({
      description:
        'snapshot.old: older than MIGRATEKIT_SNAPSHOT_ALARM_HOURS; snapshot.removal-failed: it should be gone; snapshot.space: a datastore has little room; snapshot.consolidation-needed: vCenter says so of a VM',
      example: 'snapshot.space',
    }),
    level: SnapshotAlarm.shape.level.meta({
      description: 'warn: look at it today; critical: VMs may soon stand still',
      example: 'warn',
    }),
    about: text('VM or datastore', 'datastore1'),
    text: text('what is the matter', 'datastore datastore1 has 8.5 % free; no snapshot is made there any more'),
    next_step: text('what a person does', 'free space on the datastore, or move VMs away from it'),
    credential_id: count('the credential of the vCenter', 1),
    vcenter_host: text('the vCenter', 'vcenter.example.com'),
  })
  .meta({ id: 'SnapshotAlarm', description: 'What a person should look at; critical ones first.' });

export const SweptVcenter = z
  .object({
    credential_id: count('the credential that was used', 1),
    credential_name: text('its name', 'production'),
    vcenter_host: text('the vCenter', 'vcenter.example.com'),
    tried_at: time('when the last sweep asked'),
    checked_at: z.union([time('when it answered last: what is shown is of then'), z.null()]),
    error: z
      .union([z.object({ code: ErrorCode, text: text('what went wrong', 'vcenter does not answer') }), z.null()])
      .meta({ description: 'why the last sweep could not look' }),
    other_snapshots: count('snapshots of people and other programs: counted, never touched', 3),
    oldest_other_created_at: z.union([time('when the oldest of those was made'), z.null()]),
  })
  .meta({ id: 'SweptVcenter', description: 'What the last sweep could see of a vCenter.' });

export const SnapshotReport = z
  .object({
    snapshots: z.array(Snapshot).meta({ description: 'of this installation, each once' }),
    alarms: z.array(Alarm).meta({ description: 'critical ones first' }),
    vcenters: z.array(SweptVcenter).meta({ description: 'what was looked at, by the name of the credential' }),
  })
  .meta({ id: 'SnapshotReport', description: 'What the last sweeps found.' });
