import { conflict, precondition, type AppError } from '../../base/errors.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import { lockContext, sourceInventory, type ContextRecord } from '../../db/stores/context-store.ts';
import { mappingsOfContext, saveNetworkMapping } from '../../db/stores/network-mapping-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { sharedWithOtherKind, sourceNetworks } from '../../domain/network-mapping.ts';
import { cloudOfContext } from '../cloud/account.ts';
import { zoneNetworks } from '../cloud/networks.ts';
import type { ApiContext } from '../context.ts';
import type { Answer } from '../route.ts';
import type { SaveNetworkMapping } from '../schemas/network-mappings.ts';
import { mappingName, presentMapping } from './show.ts';
import { namedVm } from './vm-of.ts';

type Context = Pick<ApiContext, 'db' | 'box'>;

/**
 * Saves where a network of a VM leads. CloudStack is asked first, outside of any transaction: the destination must exist
 * in the zone, and its name is the one that it has there.
 * @throws notFound `context.unknown`, `context.unknown-name`; conflict `context.ambiguous`,
 * `network-mapping.shared-destination`; precondition `network-mapping.source-unknown`,
 * `network-mapping.destination-unknown`; invalidRequest `network-mapping.other-vm`; and as zoneNetworks
 */
export async function saveMapping(context: Context, body: SaveNetworkMapping): Promise<Answer> {
  const { db } = context;
  const vm = await namedVm(db, body.vm_id, body.vm_context_id);
  assertSource(vm, sourceNetworks(await sourceInventory(db, vm.contextId)), body.source_network_name);
  const destination = await destinationOf(context, vm, body.destination_network_id);
  return inTransaction(db, (trx) => store(trx, { body, vm, destination }), { idempotent: true });
}

interface Destination {
  readonly id: string;
  readonly name: string;
}

interface Wanted {
  readonly body: SaveNetworkMapping;
  readonly vm: ContextRecord;
  readonly destination: Destination;
}

/** Under the lock of the VM's row: a live and a test mapping that come at once see each other. */
async function store(trx: Knex.Transaction, { body, vm, destination }: Wanted): Promise<Answer> {
  const held = await lockContext(trx, vm.contextId);
  if (held === undefined) throw contextUnknown(vm.contextId);
  const isTest = body.is_test_network;
  const wanted = { destinationNetworkId: destination.id, isTestNetwork: isTest };
  const [shared] = sharedWithOtherKind(await mappingsOfContext(trx, vm.contextId), wanted);
  if (shared !== undefined && body.force !== true) {
    throw sharedDestination({ vmName: held.vmName, sourceNetwork: shared.sourceNetworkName, isTest: !isTest });
  }
  const { mapping, isNew } = await saveNetworkMapping(trx, {
    contextId: vm.contextId,
    vmName: held.vmName,
    vmwareVmId: held.vmwareVmId,
    sourceNetwork: body.source_network_name,
    destinationId: destination.id,
    destinationName: destination.name,
    isTest,
  });
  const which = mappingName({ vmName: held.vmName, sourceNetwork: body.source_network_name, isTest });
  const told = body.destination_network_name;
  const renamed =
    typeof told === 'string' && told !== destination.name ? `, which CloudStack does not call ${told}` : '';
  const message = `${which} ${isNew ? 'is saved and' : 'now'} leads to ${destination.name}${renamed}`;
  return { status: 201, body: { success: true, message, data: presentMapping(mapping) } };
}

function assertSource(vm: ContextRecord, known: readonly string[], wanted: string): void {
  if (known.length === 0 || known.includes(wanted)) return;
  throw precondition('network-mapping.source-unknown', `${vm.vmName} has no network ${wanted}`, {
    details: {
      errors: known.map((name) => ({ path: 'source_network_name', message: `${name} is a network of this VM` })),
    },
    hint: 'errors lists the networks of the VM, letter by letter; where they changed, discover the VM again',
  });
}

async function destinationOf(context: Context, vm: ContextRecord, id: string): Promise<Destination> {
  const account = await cloudOfContext(context, vm.osseaConfigId);
  const { networks } = await zoneNetworks(account);
  const found = networks.find((network) => network.id === id);
  if (found !== undefined) return found;
  throw precondition(
    'network-mapping.destination-unknown',
    `the zone of ${account.config.name} has no network ${id} that VMs can be put into`,
    {
      details: { errors: [{ path: 'destination_network_id', message: 'is no network of the zone' }] },
      hint: 'GET /api/v1/networks/available lists them; this takes the id, and POST /api/v1/networks/resolve finds it by name',
    },
  );
}

const sharedDestination = (other: Parameters<typeof mappingName>[0]): AppError =>
  conflict('network-mapping.shared-destination', `${mappingName(other)} leads to the same network`, {
    hint: 'a test VM beside the live one takes its address and name: choose another network, or send force to share it',
    details: { errors: [{ path: 'destination_network_id', message: `is where ${mappingName(other)} leads` }] },
  });
