import type { Knex } from 'knex';

/** Which VM is in which groups. schedule_override_id replaces the schedule of the group for this VM. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vm_group_memberships (
      id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      group_id varchar(64) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin not null,
      enabled tinyint(1) not null default 1,
      priority int not null default 0,
      schedule_override_id varchar(64) collate utf8mb4_bin,
      added_at datetime(3) not null default current_timestamp(3),
      added_by varchar(255),
      unique key uq_vm_group_memberships_vm (group_id, vm_context_id),
      constraint fk_vm_group_memberships_group foreign key (group_id) references vm_machine_groups (id) on delete cascade,
      constraint fk_vm_group_memberships_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_vm_group_memberships_override foreign key (schedule_override_id) references replication_schedules (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vm_group_memberships');
}
