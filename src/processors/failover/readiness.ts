import { notFound, precondition } from '../../base/errors.ts';
import { readFailoverOffer } from '../../cloudstack/failover-offer.ts';
import { readinessFacts } from '../../db/stores/readiness-store.ts';
import { assessReadiness } from '../../domain/readiness/assess.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { Failover } from './context.ts';

/**
 * The rules that the API asked when it accepted the failover, once more: things change while a job waits, and here
 * CloudStack has to answer.
 * @throws precondition `failover.not-ready` with all that speaks against it
 */
export async function assertReady(
  { run, deps }: Failover,
  at: { readonly cloud: Cloud; readonly zoneId: string; readonly signal: AbortSignal },
): Promise<void> {
  const { contextId, options } = run.payload;
  const stored = await readinessFacts(deps.db, contextId, { exceptJobId: run.jobId });
  if (stored === undefined) throw notFound('context.unknown', `there is no VM context ${contextId}`);
  const cloud = await readFailoverOffer(at.cloud.client, { zoneId: at.zoneId }, { signal: at.signal });
  const { ready, findings } = assessReadiness({ ...stored, cloud }, options);
  if (ready) return;
  const severe = findings.filter(({ severity }) => severity === 'critical');
  const said = severe.map(({ explanation }) => explanation).join('; ');
  throw precondition('failover.not-ready', `the VM is not ready for a ${options.type} failover: ${said}`, {
    hint: severe[0]?.fix,
    details: {
      contextId,
      errors: severe.map(({ code, explanation, fix }) => ({ path: code, message: `${explanation}; ${fix}` })),
    },
  });
}
