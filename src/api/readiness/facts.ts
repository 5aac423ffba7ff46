import { toAppError } from '../../base/errors.ts';
import { readFailoverOffer } from '../../cloudstack/failover-offer.ts';
import { readinessFacts } from '../../db/stores/readiness-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import type { ReadinessFacts } from '../../domain/readiness/facts.ts';
import { askCloud, cloudOfContext } from '../cloud/account.ts';
import type { ApiContext } from '../context.ts';

/**
 * What is known of a VM before a failover: from our rows, and from CloudStack, which has 8 s. That it does not answer is
 * a fact like others.
 * @throws notFound `context.unknown`
 */
export async function factsOf(context: Pick<ApiContext, 'db' | 'box'>, contextId: string): Promise<ReadinessFacts> {
  const stored = await readinessFacts(context.db, contextId);
  if (stored === undefined) throw contextUnknown(contextId);
  return { ...stored, cloud: await cloudFacts(context, stored.target?.configId ?? null) };
}

async function cloudFacts(
  context: Pick<ApiContext, 'db' | 'box'>,
  configId: number | null,
): Promise<ReadinessFacts['cloud']> {
  if (configId === null) return { unknownBecause: 'no CloudStack is configured' };
  try {
    const account = await cloudOfContext(context, configId);
    return await askCloud(account, (client, options) =>
      readFailoverOffer(client, { zoneId: account.config.zone }, options),
    );
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (code.startsWith('db.')) throw thrown;
    return { unknownBecause: `${message} (${code})` };
  }
}
