import { counted } from '../../base/counted.ts';
import { notFound } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { sourceInventory } from '../../db/stores/context-store.ts';
import { deleteNetworkMapping, listNetworkMappings, mappingsOfContext } from '../../db/stores/network-mapping-store.ts';
import { mappingStatus, sourceNetworks } from '../../domain/network-mapping.ts';
import type { Paging } from '../cloud/page.ts';
import { decodeCursor, nextCursor } from '../../http/cursor.ts';
import { mappingName, presentMapping } from './show.ts';
import { vmOf } from './vm-of.ts';

const LIMIT_DEFAULT = 1000;

/** A page of all mappings, by name of the VM. @throws invalidRequest `request.invalid`: not a cursor of this list */
export async function allMappings(
  db: Knex,
  { limit = LIMIT_DEFAULT, cursor }: Paging,
): Promise<Record<string, unknown>> {
  const [vmId, id] = decodeCursor(cursor, 2) ?? [];
  const after = vmId === undefined ? undefined : ([vmId, Number(id) || 0] as const);
  const { total, rows } = await listNetworkMappings(db, { limit, after });
  return {
    success: true,
    message: counted(total, 'network mapping'),
    data: rows.map(presentMapping),
    count: total,
    next_cursor: nextCursor({ rows, limit }, (row) => [row.vmId, String(row.id)]),
  };
}

/** All mappings of a VM. @throws notFound `context.unknown-name`; conflict `context.ambiguous` */
export async function mappingsOfVm(db: Knex, word: string): Promise<Record<string, unknown>> {
  const vm = await vmOf(db, word);
  const rows = await mappingsOfContext(db, vm.contextId);
  return {
    success: true,
    message: `${counted(rows.length, 'network mapping')} of ${vm.vmName}`,
    data: rows.map(presentMapping),
    count: rows.length,
    next_cursor: null,
  };
}

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous` */
export async function statusOfVm(db: Knex, word: string): Promise<Record<string, unknown>> {
  const vm = await vmOf(db, word);
  const networks = sourceNetworks(await sourceInventory(db, vm.contextId));
  const status = mappingStatus(networks, await mappingsOfContext(db, vm.contextId));
  return {
    success: true,
    message: SAID[status.readiness],
    data: {
      vm_id: vm.vmName,
      vm_context_id: vm.contextId,
      total_mappings: status.total,
      live: status.live,
      test: status.test,
      has_mappings: status.total > 0,
      mapping_complete: status.isComplete,
      test_mapping_complete: status.isTestComplete,
      readiness_level: status.readiness,
      source_networks: status.sourceNetworks,
      unmapped_networks: status.unmappedLive,
      unmapped_test_networks: status.unmappedTest,
    },
  };
}

const SAID = {
  none: 'no network is mapped',
  partial: 'some networks are not mapped',
  test: 'all networks are mapped for test failovers only',
  live: 'all networks are mapped for live failovers only',
  full: 'all networks are mapped, for live and for test failovers',
} as const;

export interface WhichMapping {
  readonly vmWord: string;
  readonly sourceNetwork: string;
  readonly isTest: boolean;
}

/** Deletes this one. @throws notFound `context.unknown-name`, `network-mapping.unknown`; conflict `context.ambiguous` */
export async function deleteMapping(
  db: Knex,
  { vmWord, sourceNetwork, isTest }: WhichMapping,
): Promise<Record<string, unknown>> {
  const { contextId, vmName } = await vmOf(db, vmWord);
  const which = mappingName({ vmName, sourceNetwork, isTest });
  const deleted = await deleteNetworkMapping(db, { contextId, sourceNetwork, isTest });
  if (deleted > 0) return { success: true, message: `${which} is deleted` };
  throw notFound('network-mapping.unknown', `there is no ${which.replace(/^the /, '')}`, {
    hint: `GET /api/v1/network-mappings/{vm_id} lists them; ${isTest ? 'without is_test=true it is the live one' : 'is_test=true names the one for tests'}`,
  });
}
