import type { Knex } from 'knex';

/** One-time codes that let an appliance ask to join. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vma_pairing_codes (
      id varchar(36) collate utf8mb4_bin not null default (uuid()) primary key,
      pairing_code varchar(20) not null,
      generated_by varchar(255) not null,
      used_by_enrollment_id varchar(36) collate utf8mb4_bin,
      expires_at datetime(3) not null,
      used_at datetime(3),
      created_at datetime(3) not null default current_timestamp(3),
      unique key uq_vma_pairing_codes_code (pairing_code),
      key idx_expires_at (expires_at),
      constraint fk_vma_pairing_codes_enrollment foreign key (used_by_enrollment_id) references vma_enrollments (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vma_pairing_codes');
}
