import { conflict, type AppError } from '../../base/errors.ts';
import { assertMayFailOver } from '../../domain/failover/accept.ts';
import type { FailoverOptions } from '../../domain/failover/options.ts';
import { assessReadiness, type Readiness } from '../../domain/readiness/assess.ts';
import { disksOfPoint, isUsable, pointAgeSeconds, type ReadinessFacts } from '../../domain/readiness/facts.ts';
import { contracts } from '../../queues/catalogue.ts';
import { failoverAccepted } from '../../queues/jobs/failover.ts';
import type { ApiContext } from '../context.ts';
import { factsOf } from '../readiness/facts.ts';
import type { Answer } from '../route.ts';
import { estimateOf } from './estimate.ts';
import { optionsOf, type AskedFailover } from './options.ts';
import { submitted, type Asker } from './submitted.ts';
import { vmNamed, type NamedVm } from './which-vm.ts';

export interface FailoverRequest extends Asker {
  readonly vm: NamedVm;
  readonly asked: AskedFailover;
}

/**
 * Accepts a failover. What speaks against it is asked before, for a refusal that says why; the state of the VM again in
 * the transaction that makes the job, and everything once more by the job's own first step.
 * @throws notFound `context.unknown`; invalidRequest `failover.other-vm`, `failover.options`; conflict
 * `failover.not-allowed`, `failover.no-usable-copy`, `failover.not-ready`, `context.busy`
 */
export async function acceptFailover(context: ApiContext, request: FailoverRequest): Promise<Answer> {
  const { contextId, vmName } = await vmNamed(context.db, request.vm);
  const facts = await factsOf(context, contextId);
  const options = optionsOf(request.asked, facts);
  assertState(facts, options);
  const readiness = assessReadiness(facts, options);
  if (!readiness.ready) throw notReady(vmName, options, readiness);
  const payload = { contextId, options };
  const externalJobId = `unified-${options.type}-failover-${vmName}-${Math.floor(facts.now.getTime() / 1000)}`;
  const estimate = await estimateOf(context.db, options.type);
  return submitted(context.ledger, request, {
    contract: contracts.failover,
    payload,
    externalJobId,
    rows: failoverAccepted(payload),
    answer: (jobId) => ({
      success: true,
      message: `${options.type} failover of ${vmName} accepted; follow it at /api/v1/failover/${jobId}/status`,
      job_id: jobId,
      data: {
        context_id: contextId,
        vm_name: vmName,
        failover_type: options.type,
        external_job_id: externalJobId,
        ...estimate,
        committed_point_age_seconds: pointAgeSeconds(facts),
        findings: readiness.findings,
      },
    }),
  });
}

/** Before the findings: a VM that is not in a state for it gets one sentence, not a list. */
function assertState(facts: ReadinessFacts, options: FailoverOptions): void {
  const [active] = facts.activeJobs;
  if (active !== undefined) {
    throw conflict('context.busy', `job ${active.jobId} is active for this VM`, {
      hint: 'wait for it to end, or cancel it',
      details: { contextId: facts.vm.contextId, activeJobId: active.jobId },
    });
  }
  const points = disksOfPoint(facts);
  const hasUsableCopy = points.length > 0 && points.every(isUsable);
  assertMayFailOver({ contextId: facts.vm.contextId, status: facts.vm.status, hasUsableCopy }, options);
}

function notReady(vmName: string, options: FailoverOptions, { findings, score }: Readiness): AppError {
  const severe = findings.filter(({ severity }) => severity === 'critical');
  const [first, ...others] = severe;
  const more = others.length === 0 ? '' : `; and ${others.length} more`;
  const skips = options.skipValidation ? 'skip_validation does not pass these over' : undefined;
  return conflict(
    'failover.not-ready',
    `${vmName} is not ready for a ${options.type} failover: ${first?.explanation ?? ''}${more}`,
    {
      details: {
        score,
        errors: severe.map(({ code, explanation, fix }) => ({ path: code, message: `${explanation}; ${fix}` })),
      },
      hint: [first?.fix, skips].filter((part) => part !== undefined).join('; '),
    },
  );
}
