import type { Knex } from 'knex';

/** Each change of status of a volume operation. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists volume_operation_history (
      id bigint not null auto_increment primary key,
      operation_id varchar(64) collate utf8mb4_bin not null,
      previous_status varchar(20),
      new_status varchar(20) not null,
      changed_at datetime(6) not null default current_timestamp(6),
      details json,
      key idx_operation (operation_id, changed_at),
      constraint fk_volume_operation_history_operation foreign key (operation_id) references volume_operations (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists volume_operation_history');
}
