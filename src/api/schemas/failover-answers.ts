import { z } from 'zod';
import { FAILOVER_STATUSES } from '../../domain/failover/status.ts';
import { envelope } from './envelope.ts';
import {
  contextId,
  count,
  ErrorCode,
  flag,
  Hint,
  JobStatus,
  NextCursor,
  Page,
  percent,
  seconds,
  text,
  Time,
  time,
  Total,
} from './fields.ts';
import { JobStep } from './jobs.ts';
import { ESTIMATE, ReadinessFinding, ValidationResult } from './readiness.ts';

/** What the answers of the family of failovers are made of. */

const FAILOVER_ID = 'failover-20260114-093000.123-a1b2c3';
const VM_ID = '420570c7-f61f-a930-77c5-1e876786cb3c';
const failoverId = (description: string): z.ZodString => text(description, FAILOVER_ID);

const Type = z.enum(['live', 'test']).meta({ description: 'type of the failover', example: 'test' });
const Status = z.enum(FAILOVER_STATUSES).meta({
  description: 'where the failover stands; reverting and cleanup while it is taken back',
  example: 'completed',
});

export const FailoverAccepted = envelope('live failover of web01 accepted', {
  job_id: failoverId('follow it by this id'),
  data: z
    .object({
      context_id: contextId('the context of the VM'),
      vm_name: text('name of the VM', 'web01'),
      failover_type: Type,
      external_job_id: text('another id that finds it', 'unified-test-failover-web01-1768383000'),
      ...ESTIMATE,
      committed_point_age_seconds: seconds(
        'age of the committed point: what is lost without a final sync',
        840,
      ).nullable(),
      findings: z.array(ReadinessFinding).meta({ description: 'what does not forbid it and should be known' }),
    })
    .meta({ description: 'what was accepted' }),
}).meta({ id: 'FailoverAccepted', description: 'A failover that a worker will do.' });

export const WayBackAccepted = envelope('the rollback of web01 accepted', {
  job_id: text('follow it by this id', 'rollback-20260114-103000.123-a1b2c3'),
  failover_job_id: failoverId('the failover that it is about'),
  power_on_source: flag('the source VM is powered on again'),
  vm_name: text('name of the VM', 'web01').optional(),
  timestamp: Time.optional(),
}).meta({ id: 'WayBackAccepted', description: 'A rollback or clean-up that a worker will do.' });

export const CommitAccepted = envelope('the commit of web01 accepted', {
  job_id: failoverId('follow it by this id'),
  failover_job_id: failoverId('the failover that becomes final'),
}).meta({ id: 'CommitAccepted', description: 'A commit that a worker will do.' });

export const FailoverCancelAccepted = envelope('the job is told to stop', {
  job_id: failoverId('the job'),
  status: JobStatus,
}).meta({ id: 'FailoverCancelAccepted', description: 'A failover that is told to stop.' });

const Document = z.record(z.string(), z.unknown());

const SHOWN = {
  job_id: failoverId('id of the job'),
  context_id: contextId('the context of the VM; null once it is forgotten').nullable(),
  vm_id: text('uuid of the VM at its source', VM_ID),
  vm_name: text('name of the VM', 'web01'),
  failover_type: Type,
  status: Status,
  progress: percent('how far it is'),
  current_step: text('the step that it is at, or was at last', 'vm-creation').nullable(),
  replication_job_id: text('the replication that made the copy', 'job-20260114-083000.123-a1b2c3').nullable(),
  destination_vm_id: text(
    'its VM in CloudStack; null: there is none (any more)',
    '0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0',
  ).nullable(),
  destination_vm_name: text('its name there, also of one that is gone', 'web01-test-1768383000').nullable(),
  error_message: text('why it failed', 'cloudstack does not answer').nullable(),
  loss_seconds: seconds('what was written in this time before the failover is not in its VM', 0).nullable(),
  boot_verdict: Document.nullable().meta({
    description: 'what was seen of the VM when it had been started',
    example: { verdict: 'booted' },
  }),
  conversion: Document.nullable().meta({ description: 'what was done to the guest', example: { outcome: 'skipped' } }),
  remaining: z.array(Document).meta({
    description: 'what could not be undone, and a person has to see to: kind, id, what',
    example: [],
  }),
  auto_cleanup: flag('a test that is rolled back when its time is over'),
  test_expires_at: time('when the time of a test is over').nullable(),
  commit_policy: text('what follows at commit_due_at: commit or rollback', 'rollback').nullable(),
  commit_due_at: time(
    'when that follows unless somebody decides before (null, too, where a VM to commit has not booted)',
  ).nullable(),
  committed_at: time('when it became final').nullable(),
  rolled_back_by: text('the job that takes it back', 'rollback-20260114-103000.123-a1b2c3').nullable(),
  rollback_status: JobStatus.nullable().meta({ description: 'how that job stands', example: 'completed' }),
  created_at: time('when it was accepted').nullable(),
  start_time: time('when its work began').nullable(),
  completed_at: time('when it ended').nullable(),
};

export const FailoverStatusAnswer = envelope('the test failover of web01 is running: vm-creation', {
  ...SHOWN,
  operation: text('failover, rollback or commit-failover', 'failover'),
  failover_job_id: failoverId('the failover that it is, or is about'),
  duration: seconds('from its start to its end, or to now', 97),
  job_details: z
    .object({
      status: JobStatus,
      error_code: ErrorCode.nullable(),
      hint: Hint.nullable(),
      attempt: count('attempts so far', 1),
      steps: z.array(JobStep).meta({ description: 'its steps, in the order in which they were begun' }),
    })
    .meta({ description: 'the job that does it' }),
}).meta({ id: 'FailoverStatus', description: 'Where a failover, a rollback or a commit stands.' });

export const FailoverJobs = envelope('2 failovers', {
  data: z
    .array(z.object(SHOWN).meta({ id: 'Failover', description: 'One failover.' }))
    .meta({ description: 'newest first' }),
  total: Total,
  next_cursor: NextCursor,
}).meta({ id: 'FailoverJobs', description: 'A page of failovers.' });

export const FailoverJobsQuery = Page.extend({
  type: Type.optional(),
  status: Status.optional(),
  vm_id: text('of this VM: its name, its uuid or the id of its context', 'web01').min(1).max(191).optional(),
});

const Question = z.object({
  default: z
    .union([z.boolean(), z.string(), z.null()])
    .meta({ description: 'what it is where it is left out', example: true }),
  required: flag('the request must say it'),
  description: text('what it means', 'shut the source VM down first'),
  type: text('boolean, string or object', 'boolean'),
  options: z
    .array(z.string())
    .optional()
    .meta({ description: 'what it may be', example: ['exact'] }),
  pattern: text('what it must look like', '^[1-9][0-9]{0,4}[hm]$').optional(),
});

export const PreflightConfig = envelope('what a live failover of web01 asks', {
  failover_type: Type,
  vm_name: text('name of the VM', 'web01'),
  configuration: z
    .record(z.string(), Question)
    .meta({ description: 'by field of POST /failover/unified', example: {} }),
  metadata: z
    .object({
      context_id: contextId('the context of the VM'),
      vmware_vm_id: text('its uuid', VM_ID),
      current_status: text('where the VM stands', 'ready_for_failover'),
      network_mappings: z
        .record(z.string(), z.string())
        .meta({ description: 'where its networks lead in a failover of this type', example: {} }),
      version: text('of this document', '1'),
    })
    .meta({ description: 'what the request needs besides' }),
}).meta({ id: 'PreflightConfig', description: 'What a failover asks a person.' });

export const PreflightValidated = z
  .object({
    success: flag('the request would be accepted now'),
    message: text('the outcome for people', 'a live failover of web01 may begin'),
    errors: z
      .array(z.object({ path: text('code of a finding', 'vm.busy'), message: text('what to do', 'wait for its end') }))
      .meta({ description: 'what forbids it' }),
    request: Document.meta({ description: 'what was asked', example: {} }),
    validation_result: ValidationResult,
    metadata: z
      .object({ validated_at: Time, version: text('of this document', '1') })
      .meta({ description: 'when it was so' }),
  })
  .meta({ id: 'PreflightValidated', description: 'Whether a failover would be accepted.' });

export const RollbackDecision = envelope('the rollback of a live failover of web01 asks about its source', {
  vm_name: text('name of the VM', 'web01'),
  failover_type: Type,
  decision_id: text('field of POST /failover/rollback; none: nothing is to be decided', 'power_on_source'),
  question: text('what a person is asked; empty for none', 'Power the source VM on again?'),
  options: z
    .array(
      z.object({
        value: flag('what to send'),
        label: text('in a word', 'power it on'),
        description: text('what follows', 'the VM runs at its source again'),
      }),
    )
    .meta({ description: 'the answers' }),
  default_value: flag('what follows when nothing is said; null: nothing is to be decided').nullable(),
  required: flag('somebody should decide'),
}).meta({ id: 'RollbackDecision', description: 'What is to be decided before a rollback.' });

const param = (description: string, example: string): z.ZodString => text(description, example).min(1).max(191);
const VM_WORD = 'the VM: its name, the id of its context, or its uuid';

export const FailoverIdParam = z.object({
  job_id: param('any id of the failover, or of what takes it back', FAILOVER_ID),
});
export const FailoverVmNameParam = z.object({ vm_name: param(VM_WORD, 'web01') });
export const FailoverVmIdParam = z.object({ vm_id: param(VM_WORD, 'web01') });
export const FailoverTypeAndVm = z.object({
  failover_type: param('live or test', 'live'),
  vm_name: param(VM_WORD, 'web01'),
});
