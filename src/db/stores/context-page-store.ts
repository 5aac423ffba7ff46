import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import type { ContextStatus } from '../../domain/context-status.ts';
import { VmReplicationContext } from '../models/vm-replication-contexts.ts';
import { contexts, type ContextRecord } from './context-store.ts';

/** Lists of vm_replication_contexts. */

export interface ContextFilter {
  readonly status?: ContextStatus | undefined;
  readonly vcenterHost?: string | undefined;
  /** Part of the name, whatever its case. */
  readonly nameHas?: string | undefined;
  /** Begin of the name, case counts. */
  readonly nameBegins?: string | undefined;
  /** Id or name of a machine group. */
  readonly group?: string | undefined;
  /** true: in no machine group; false: in at least one. */
  readonly ungrouped?: boolean | undefined;
}

export interface ContextQuery extends ContextFilter {
  readonly limit: number;
  /** Name and id of the last row of the page before. */
  readonly after?: readonly [vmName: string, contextId: string] | undefined;
}

/** One page by name, and how many there are in all: two queries, whatever the number of VMs. */
export async function listContexts(
  db: Knex,
  query: ContextQuery,
): Promise<{ readonly total: number; readonly rows: ContextRecord[] }> {
  const filter = (builder: QueryBuilder<VmReplicationContext>): void => narrow(builder, query);
  const { after } = query;
  const page = contexts(db).modify(filter).orderBy(['vm_name', 'context_id']).limit(query.limit);
  if (after !== undefined) {
    void page.where('vm_name', '>=', after[0]).whereRaw('(vm_name > ? or context_id > ?)', [after[0], after[1]]);
  }
  const [total, rows] = await Promise.all([VmReplicationContext.query(db).modify(filter).resultSize(), page]);
  return { total, rows: rows.map((row) => row.toJSON()) };
}

function narrow(builder: QueryBuilder<VmReplicationContext>, filter: ContextFilter): void {
  if (filter.status !== undefined) void builder.where('current_status', filter.status);
  if (filter.vcenterHost !== undefined) void builder.where('vcenter_host', filter.vcenterHost);
  // Names are compared byte by byte, so the begin of one is a range of the index.
  if (filter.nameBegins !== undefined) void builder.where('vm_name', 'like', `${literal(filter.nameBegins)}%`);
  if (filter.nameHas !== undefined) {
    void builder.whereRaw('vm_name collate utf8mb4_unicode_ci like ?', [`%${literal(filter.nameHas)}%`]);
  }
  if (filter.group !== undefined) void builder.whereRaw(IN_GROUP, [filter.group, filter.group]);
  if (filter.ungrouped === false) void builder.whereRaw(IN_ANY_GROUP);
  // A join that finds nothing, and not "not exists": for that MariaDB first copies all memberships.
  if (filter.ungrouped === true) {
    void builder
      .leftJoin('vm_group_memberships as membership', 'membership.vm_context_id', 'vm_replication_contexts.context_id')
      .whereNull('membership.id');
  }
}

const IN_ANY_GROUP = `exists (select 1 from vm_group_memberships as membership
  where membership.vm_context_id = vm_replication_contexts.context_id)`;

const IN_GROUP = `context_id in (select membership.vm_context_id from vm_group_memberships as membership
  join vm_machine_groups as machine_group on machine_group.id = membership.group_id
  where machine_group.id = ? or machine_group.name = ?)`;

/** The text with nothing in it that LIKE would take for a wildcard. */
const literal = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);
