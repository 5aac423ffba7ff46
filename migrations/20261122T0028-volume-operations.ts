import type { Knex } from 'knex';

/** Work of the volume daemon; id is that of its row in job_tracking. A create learns its volume_id at its end. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists volume_operations (
      id varchar(64) collate utf8mb4_bin not null primary key,
      type enum('create', 'attach', 'detach', 'delete', 'cleanup') not null,
      status enum('pending', 'executing', 'completed', 'failed', 'cancelled') not null default 'pending',
      volume_id varchar(191) collate utf8mb4_bin,
      vm_id varchar(191),
      request json not null,
      response json,
      error text,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      completed_at datetime(3),
      key idx_volume_id (volume_id),
      key idx_status (status),
      key idx_created_at (created_at, id)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists volume_operations');
}
