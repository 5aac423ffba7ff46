import type { Knex } from 'knex';

/** vm_group_memberships as a VM shows them. */

export interface GroupOfContext {
  readonly groupId: string;
  readonly groupName: string;
  /** A lower number comes earlier. */
  readonly priority: number;
  readonly enabled: boolean;
}

interface Row {
  context_id: string;
  group_id: string;
  group_name: string;
  priority: number;
  enabled: number;
}

/** The machine groups of these VMs, by priority and name; a VM without one has no entry. One query, or none. */
export async function groupsOf(db: Knex, contextIds: readonly string[]): Promise<Map<string, GroupOfContext[]>> {
  if (contextIds.length === 0) return new Map();
  const rows = await db('vm_group_memberships as membership')
    .join('vm_machine_groups as machine_group', 'machine_group.id', 'membership.group_id')
    .whereIn('membership.vm_context_id', contextIds)
    .orderBy(['membership.priority', 'machine_group.name'])
    .select<Row[]>({
      context_id: 'membership.vm_context_id',
      group_id: 'membership.group_id',
      group_name: 'machine_group.name',
      priority: 'membership.priority',
      enabled: 'membership.enabled',
    });
  const groups = new Map<string, GroupOfContext[]>();
  for (const row of rows) {
    const group = {
      groupId: row.group_id,
      groupName: row.group_name,
      priority: row.priority,
      enabled: row.enabled !== 0,
    };
    groups.set(row.context_id, [...(groups.get(row.context_id) ?? []), group]);
  }
  return groups;
}
