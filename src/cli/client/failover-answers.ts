import { z } from 'zod';

/** What the commands read of the answers about failovers; the rest passes through to `--json`. */

const time = z.string().nullable();

export const Finding = z.looseObject({
  code: z.string(),
  severity: z.string(),
  explanation: z.string(),
  fix: z.string(),
});
export type Finding = z.output<typeof Finding>;

export const FailoverAccepted = z.looseObject({
  message: z.string(),
  job_id: z.string(),
  data: z.looseObject({
    estimated_duration: z.string().nullable(),
    committed_point_age_seconds: z.number().nullable(),
    findings: z.array(Finding),
  }),
});

export const WayBackAccepted = z.looseObject({ message: z.string(), job_id: z.string(), failover_job_id: z.string() });

export const Failover = z.looseObject({
  job_id: z.string(),
  vm_name: z.string(),
  failover_type: z.string(),
  status: z.string(),
  progress: z.number(),
  current_step: z.string().nullable(),
  destination_vm_id: z.string().nullable(),
  destination_vm_name: z.string().nullish(),
  error_message: z.string().nullable(),
  loss_seconds: z.number().nullable(),
  boot_verdict: z.record(z.string(), z.unknown()).nullable(),
  remaining: z.array(z.record(z.string(), z.unknown())),
  test_expires_at: time,
  auto_cleanup: z.boolean().nullish(),
  commit_due_at: time,
  commit_policy: z.string().nullish(),
  committed_at: time,
  rollback_status: z.string().nullable(),
  created_at: time,
});
export type Failover = z.output<typeof Failover>;

export const FailoverPage = z.looseObject({
  data: z.array(Failover),
  total: z.number(),
  next_cursor: z.string().nullable(),
});

export const Readiness = z.looseObject({
  message: z.string(),
  vm_name: z.string(),
  is_valid: z.boolean(),
  readiness_score: z.number(),
  validation_result: z.looseObject({
    checks: z.array(z.looseObject({ check_name: z.string(), status: z.string(), message: z.string() })),
    findings: z.array(Finding),
    committed_point_age_seconds: z.number().nullable(),
  }),
});
export type Readiness = z.output<typeof Readiness>;
