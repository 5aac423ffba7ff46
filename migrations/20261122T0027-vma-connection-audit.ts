import type { Knex } from 'knex';

/** What happened to appliances; it outlives them. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vma_connection_audit (
      id bigint not null auto_increment primary key,
      enrollment_id varchar(36) collate utf8mb4_bin,
      event_type enum('enrollment', 'verification', 'approval', 'rejection', 'connection', 'disconnection', 'revocation') not null,
      vma_fingerprint varchar(255),
      source_ip varchar(45),
      user_agent text,
      approved_by varchar(255),
      event_details json,
      created_at datetime(3) not null default current_timestamp(3),
      key idx_enrollment_id (enrollment_id),
      key idx_event_created (event_type, created_at),
      constraint fk_vma_connection_audit_enrollment foreign key (enrollment_id) references vma_enrollments (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vma_connection_audit');
}
