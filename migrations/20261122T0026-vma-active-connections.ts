import type { Knex } from 'knex';

/** Appliances that may connect; one row per approved enrolment. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vma_active_connections (
      id varchar(36) collate utf8mb4_bin not null default (uuid()) primary key,
      enrollment_id varchar(36) collate utf8mb4_bin not null,
      vma_name varchar(255),
      vma_fingerprint varchar(255),
      ssh_user varchar(50) not null default 'vma_tunnel',
      connection_status enum('connected', 'disconnected', 'revoked') not null default 'connected',
      last_seen_at datetime(3) not null default current_timestamp(3),
      connected_at datetime(3) not null default current_timestamp(3),
      revoked_at datetime(3),
      revoked_by varchar(255),
      unique key uq_vma_active_connections_enrollment (enrollment_id),
      key idx_connection_status (connection_status),
      constraint fk_vma_active_connections_enrollment foreign key (enrollment_id) references vma_enrollments (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vma_active_connections');
}
