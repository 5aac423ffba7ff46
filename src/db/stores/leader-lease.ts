import type { Knex } from 'knex';
import { change, select } from '../sql.ts';

/**
 * Takes or renews the lease of a leader. The owner must be unique per process.
 * @returns the term (it grows with every change of leader) while `owner` leads, else undefined
 */
export async function lead(
  db: Knex,
  lease: { readonly name: string; readonly owner: string; readonly ttlMs: number },
): Promise<number | undefined> {
  await change(db, "INSERT IGNORE INTO leader_leases (name, owner, epoch, expires_at) VALUES (?, '', 0, NOW(6))", [
    lease.name,
  ]);
  // MySQL evaluates assignments from left to right: the term must be computed before the owner changes.
  const mine = await change(
    db,
    `UPDATE leader_leases
        SET epoch = IF(owner = ? AND expires_at > NOW(6), epoch, epoch + 1), owner = ?,
            expires_at = NOW(6) + INTERVAL ? MICROSECOND
      WHERE name = ? AND (owner = ? OR expires_at <= NOW(6))`,
    [lease.owner, lease.owner, lease.ttlMs * 1000, lease.name, lease.owner],
  );
  if (mine === 0) return undefined;
  const rows = await select<{ epoch: number | string }>(
    db,
    'SELECT epoch FROM leader_leases WHERE name = ? AND owner = ?',
    [lease.name, lease.owner],
  );
  return rows[0] === undefined ? undefined : Number(rows[0].epoch);
}

/** Lets another process lead at once. */
export async function stepDown(db: Knex, lease: { readonly name: string; readonly owner: string }): Promise<void> {
  await change(db, "UPDATE leader_leases SET owner = '', expires_at = NOW(6) WHERE name = ? AND owner = ?", [
    lease.name,
    lease.owner,
  ]);
}
