import { isDuplicate } from '../../db/errors.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import { insertDiscovered, knownVms, refreshDiscovered, type DiscoveredVm } from '../../db/stores/discovery-store.ts';
import { judgeInventory, type JudgedVm } from '../../domain/discovery/judge.ts';
import { planAdditions } from '../../domain/discovery/plan.ts';
import { holdCredential } from '../../db/stores/vmware-credential-store.ts';
import type { Account } from './account.ts';
import type { Found, Inventory } from './inventory.ts';

/** What became of a VM that was chosen. */
export interface Addition {
  readonly found: Found;
  readonly state: 'added' | 'existing' | 'refused';
  readonly contextId: string | null;
  /** Why it was refused. */
  readonly reason: string | null;
}

/** Another request may add the same VM between our look and our write: look again. */
const ATTEMPTS = 4;

/**
 * Makes contexts for the new ones among the chosen VMs and stores what vCenter now says of the known ones: one
 * transaction for all, whatever their number. Sent again it finds what the first did.
 * @param choose from the inventory as it is judged now
 * @throws notFound `credential.unknown`: it was deleted meanwhile
 */
export async function addVms(
  db: Knex,
  from: { readonly inventory: Inventory; readonly account: Account },
  choose: (judged: readonly JudgedVm<Found>[]) => readonly JudgedVm<Found>[],
): Promise<Addition[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(db, (trx) => addOnce(trx, from, choose), { idempotent: true });
    } catch (error) {
      if (attempt === ATTEMPTS || !isDuplicate(error)) throw error;
    }
  }
}

async function addOnce(
  trx: Knex.Transaction,
  { inventory, account }: { readonly inventory: Inventory; readonly account: Account },
  choose: (judged: readonly JudgedVm<Found>[]) => readonly JudgedVm<Found>[],
): Promise<Addition[]> {
  const { vcenter } = inventory;
  if (account.credential !== null) await holdCredential(trx, account.credential.id);
  const known = await knownVms(trx, vcenter);
  const chosen = choose(judgeInventory(vcenter, inventory.found, known));
  const plan = planAdditions(vcenter, chosen, known);
  const how = { vcenter, datacenter: account.datacenter, credentialId: account.credential?.id ?? null };
  const refreshed = plan.refresh.flatMap(({ found, known: { contextId, vmName }, takesName }) =>
    storable(found).map((one) => ({ ...one, contextId, vmName, takesName })),
  );
  await refreshDiscovered(trx, refreshed, how);
  const adding = plan.add.flatMap((found) => storable(found).map((one) => ({ found, one })));
  const ids = await insertDiscovered(
    trx,
    adding.map(({ one }) => one),
    how,
  );
  const idOf = new Map(adding.map(({ found }, at) => [found, ids[at]]));
  const reasonOf = new Map(plan.refuse.map(({ found, reason }) => [found, reason]));
  return chosen.map(({ found, known: context }) => {
    if (context !== null) return { found, state: 'existing', contextId: context.contextId, reason: null };
    const contextId = idOf.get(found);
    return contextId === undefined
      ? { found, state: 'refused', contextId: null, reason: reasonOf.get(found) ?? null }
      : { found, state: 'added', contextId, reason: null };
  });
}

/** The plan leaves out what has no uuid or cannot be read. */
function storable({ vm, instanceUuid }: Found): DiscoveredVm[] {
  return vm === undefined || instanceUuid === null ? [] : [{ vm, instanceUuid }];
}
