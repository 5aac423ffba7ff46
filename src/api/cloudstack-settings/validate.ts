import { ownAccount } from '../../cloudstack/accounts.ts';
import type { CallOptions, CloudStackClient } from '../../cloudstack/client.ts';
import { findInstance, listInstances, type Instance } from '../../cloudstack/instances.ts';
import { listNetworks } from '../../cloudstack/networks.ts';
import { listServiceOfferings } from '../../cloudstack/offerings.ts';
import {
  accountUnknown,
  findOmaVm,
  judgeAccount,
  judgeNetwork,
  judgeOffering,
  judgeOmaVm,
  overallOf,
  type Check,
  type CloudChecks,
} from '../../domain/cloud-checks.ts';
import { askCloud, cloudAccountOf, failureOf, outcomeOf } from '../cloud/account.ts';
import type { ApiContext } from '../context.ts';
import type { ValidateCloud } from '../schemas/cloudstack-settings.ts';

/** What is checked: ids of CloudStack, undefined where none is chosen. */
interface Chosen {
  readonly omaVmId: string | undefined;
  readonly serviceOfferingId: string | undefined;
  readonly networkId: string | undefined;
}

/**
 * Looks whether a CloudStack is fit for replication and failover. What it says is the outcome; when it cannot be asked,
 * every check is skipped and the whole fails.
 * @throws notFound `ossea-config.unknown`; precondition `ossea-config.*`, `secret.*`
 */
export async function validateCloud(
  { db, box, ownMacs }: Pick<ApiContext, 'db' | 'box' | 'ownMacs'>,
  asked: ValidateCloud,
): Promise<Record<string, unknown>> {
  const account = await cloudAccountOf({ db, box }, asked);
  const chosen: Chosen = {
    omaVmId: asked.oma_vm_id ?? account.config?.omaVmId ?? undefined,
    serviceOfferingId: asked.service_offering_id ?? account.config?.serviceOfferingId ?? undefined,
    networkId: asked.network_id ?? account.config?.networkId ?? undefined,
  };
  const outcome = await outcomeOf(
    askCloud(account, (client, options) => check({ client, options, ownMacs: ownMacs() }, chosen)),
  );
  if (!outcome.ok) {
    const message = `${account.endpoint}: ${outcome.error.message}`;
    const skipped: Check = { status: 'skipped', message: 'CloudStack could not be asked' };
    const result = present({
      omaVmDetection: skipped,
      computeOffering: skipped,
      accountMatch: skipped,
      networkSelection: skipped,
    });
    return { success: false, result: { ...result, overall_status: 'fail' }, message, ...failureOf(outcome.error) };
  }
  const overall = overallOf(outcome.value);
  const result = { ...present(outcome.value), overall_status: overall };
  return { success: overall !== 'fail', result, message: SAID[overall], ...failureOf(null) };
}

const SAID = {
  pass: 'all checks pass',
  warning: 'no check fails, and some leave a doubt',
  fail: 'at least one check fails',
} as const;

const present = (checks: CloudChecks): Record<string, Check> => ({
  oma_vm_detection: checks.omaVmDetection,
  compute_offering: checks.computeOffering,
  account_match: checks.accountMatch,
  network_selection: checks.networkSelection,
});

interface Look {
  readonly client: CloudStackClient;
  readonly options: CallOptions;
  readonly ownMacs: readonly string[];
}

async function check(look: Look, chosen: Chosen): Promise<CloudChecks> {
  const { client, options } = look;
  const [own, offerings, networks, { omaVmDetection, vm }] = await Promise.all([
    ownAccount(client, options),
    listServiceOfferings(client, {}, options),
    listNetworks(client, {}, options),
    lookForOmaVm(look, chosen.omaVmId),
  ]);
  const { serviceOfferingId, networkId } = chosen;
  return {
    omaVmDetection,
    computeOffering: judgeOffering({
      named: serviceOfferingId,
      offering: offerings.find(({ id }) => id === serviceOfferingId),
    }),
    accountMatch: vm === undefined ? accountUnknown : judgeAccount({ own, vm }),
    networkSelection: judgeNetwork({ named: networkId, network: networks.find(({ id }) => id === networkId) }),
  };
}

async function lookForOmaVm(
  { client, options, ownMacs }: Look,
  named: string | undefined,
): Promise<{ readonly omaVmDetection: Check; readonly vm: Instance | undefined }> {
  if (named !== undefined) {
    const vm = await findInstance(client, named, options);
    return { omaVmDetection: judgeOmaVm({ named, vm }), vm };
  }
  const found = findOmaVm(await listInstances(client, {}, options), ownMacs);
  return { omaVmDetection: judgeOmaVm({ named, found }), vm: found.kind === 'one' ? found.vm : undefined };
}
