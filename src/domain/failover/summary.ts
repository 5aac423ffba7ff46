import type { AppError } from '../../base/errors.ts';

/** What people read of a failover in last_operation_summary: where it failed, what kind of trouble that is, what to do. */

export const CATEGORIES = [
  'compatibility',
  'configuration',
  'storage',
  'network',
  'platform',
  'connectivity',
  'unknown',
] as const;
export type Category = (typeof CATEGORIES)[number];
export type Severity = 'info' | 'warning' | 'error' | 'critical';

const CATEGORY_OF_STEP: Readonly<Record<string, Category>> = {
  validation: 'configuration',
  'source-vm-power-off': 'platform',
  'final-sync': 'storage',
  'volume-mode-switch-failover': 'storage',
  'multi-volume-snapshot-creation': 'storage',
  'virtio-driver-injection': 'compatibility',
  'vm-creation': 'platform',
  'volume-attachment': 'storage',
  'vm-startup-and-validation': 'platform',
};

/** What an error says counts where it is plainer than the step that it happened in. */
const CATEGORY_OF_WORDS: readonly (readonly [RegExp, Category])[] = [
  [/unreachable|timeout|timed out|did not answer|connection/i, 'connectivity'],
  [/network/i, 'network'],
  [/permission|denied|not allowed|template|offering/i, 'configuration'],
];

const WHAT_TO_DO: Readonly<Record<Category, readonly string[]>> = {
  compatibility: ['look at the log of the conversion', 'start the VM without it: skip_virtio'],
  configuration: ['correct what the message names', 'check the readiness of the VM, then try again'],
  storage: ['look at the volumes of the VM and at the storage in CloudStack', 'try again'],
  network: ['look at the network mappings of the VM', 'try again'],
  platform: ['look at the events of the VM in CloudStack or vCenter', 'try again'],
  connectivity: ['check that CloudStack, vCenter and the appliances reach one another', 'try again'],
  unknown: ['look at the log of the job', 'try again'],
};

export interface FailoverFailure {
  readonly category: Category;
  readonly severity: Severity;
  /** Two to four sentences. */
  readonly actions: readonly string[];
}

/** @param step the one that failed; null when none had begun */
export function failureOf(
  error: Pick<AppError, 'code' | 'message' | 'hint' | 'kind'>,
  step: string | null,
): FailoverFailure {
  const words = `${error.code} ${error.message}`;
  const said = CATEGORY_OF_WORDS.find(([pattern]) => pattern.test(words))?.[1];
  const category = said ?? CATEGORY_OF_STEP[step ?? ''] ?? 'unknown';
  const hints = error.hint === undefined ? [] : [error.hint];
  return {
    category,
    severity: severityOf(error, step),
    actions: [...hints, ...WHAT_TO_DO[category]].slice(0, 4),
  };
}

function severityOf(error: Pick<AppError, 'code' | 'kind'>, step: string | null): Severity {
  if (error.kind === 'cancelled') return 'info';
  if (error.code === 'workflow.undo-incomplete') return 'critical';
  return step === 'validation' ? 'warning' : 'error';
}

export interface OperationFacts {
  readonly jobId: string;
  readonly externalJobId: string | null;
  readonly operation: 'test_failover' | 'live_failover' | 'rollback' | 'commit';
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly progress: number;
  readonly endedAt: Date;
  readonly seconds: number;
  readonly steps: readonly { readonly name: string; readonly status: string }[];
}

/** The object of the seed. `error` is what the job ended with, unless it ended well. */
export function operationSummary(facts: OperationFacts, error: AppError | undefined): Record<string, unknown> {
  const { jobId, externalJobId, operation, status, progress, endedAt, seconds, steps } = facts;
  const failedStep = steps.findLast((step) => step.status === 'failed')?.name ?? null;
  return {
    job_id: jobId,
    ...(externalJobId === null ? {} : { external_job_id: externalJobId }),
    operation_type: operation,
    status,
    progress,
    timestamp: endedAt.toISOString(),
    duration_seconds: seconds,
    steps_completed: steps.filter((step) => step.status === 'completed').length,
    steps_total: steps.length,
    ...(error === undefined ? {} : broken(error, failedStep)),
  };
}

function broken(error: AppError, failedStep: string | null): Record<string, unknown> {
  const failure = failureOf(error, failedStep);
  return {
    failed_step: failedStep,
    error_message: error.message,
    error_category: failure.category,
    error_severity: failure.severity,
    actionable_steps: failure.actions,
  };
}
