import { listInstances } from '../../cloudstack/instances.ts';
import { findOmaVm } from '../../domain/cloud-checks.ts';
import { askCloud, cloudAccountOf, failureOf, outcomeOf } from '../cloud/account.ts';
import { presentResources, readResources } from '../cloud/resources.ts';
import type { ApiContext } from '../context.ts';
import type { AskedCloud } from '../schemas/cloud-access.ts';

/**
 * Everything that a configuration is made of, in one answer. What CloudStack says is the outcome.
 * @throws notFound `ossea-config.unknown`; precondition `ossea-config.*`, `secret.*`
 */
export async function discoverAll(
  { db, box, ownMacs }: Pick<ApiContext, 'db' | 'box' | 'ownMacs'>,
  asked: AskedCloud & { readonly domain?: string | null | undefined },
): Promise<Record<string, unknown>> {
  const account = await cloudAccountOf({ db, box }, asked);
  const outcome = await outcomeOf(
    askCloud(account, async (client, options) => {
      const [resources, instances] = await Promise.all([
        readResources(client, asked.domain, options),
        listInstances(client, {}, options),
      ]);
      return { resources, found: findOmaVm(instances, ownMacs()) };
    }),
  );
  if (!outcome.ok) return { ...NOTHING, ...failureOf(outcome.error) };
  const { resources, found } = outcome.value;
  const vm = found.kind === 'one' ? found.vm : undefined;
  return {
    success: true,
    oma_vm_id: vm?.id ?? null,
    oma_vm_name: vm?.name ?? null,
    ...presentResources(resources, account.config?.networkId ?? null),
    ...failureOf(null),
  };
}

const NOTHING = {
  success: false,
  oma_vm_id: null,
  oma_vm_name: null,
  zones: [],
  templates: [],
  service_offerings: [],
  disk_offerings: [],
  networks: [],
};
