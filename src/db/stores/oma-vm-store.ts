import type { Knex } from 'knex';
import { SECOND } from '../../base/units.ts';
import { change, select } from '../sql.ts';

/**
 * Rows of oma_vms: the VMs that volume daemons of this installation run on, each with its daemon's address and its
 * places for data disks. The daemon itself writes its row, and keeps it fresh.
 */

export interface OmaVm {
  readonly id: number;
  readonly configId: number;
  /** UUID in CloudStack. */
  readonly vmId: string;
  readonly name: string;
  /** http://host:port of its volume daemon. */
  readonly volumeDaemonUrl: string;
  readonly zoneId: string;
  /** Most data disks that may be attached. */
  readonly slots: number;
  /** Data disks that are attached and none of ours, when the daemon looked last. */
  readonly foreignDisks: number;
  /** Most disks of ours that had room when CloudStack refused another one; null: it has not, or that was long ago. */
  readonly roomSeen: number | null;
  readonly lastSeenAt: Date;
  /** Its daemon has not been heard of for a while: it gets nothing new. */
  readonly isAway: boolean;
}

/** A daemon writes every few seconds; one that misses this much is stuck, cut off or stopped. */
const AWAY_AFTER_MS = 30 * SECOND;
/** What made CloudStack refuse may have been taken away: after this long it is asked again. */
const ROOM_BELIEVED_MS = 600 * SECOND;

const COLUMNS = `
  id, ossea_config_id AS configId, vm_id AS vmId, name, volume_daemon_url AS volumeDaemonUrl, zone_id AS zoneId, slots,
  foreign_disks AS foreignDisks, last_seen_at AS lastSeenAt,
  IF(room_seen_at > NOW(6) - INTERVAL ${ROOM_BELIEVED_MS * 1000} MICROSECOND, room_seen, NULL) AS roomSeen,
  last_seen_at < NOW(6) - INTERVAL ${AWAY_AFTER_MS * 1000} MICROSECOND AS away`;

type Row = Omit<OmaVm, 'isAway'> & { readonly away: number };

const toOmaVm = ({ away, ...row }: Row): OmaVm => ({ ...row, isAway: away === 1 });

/** All of them, in the order in which they came. */
export async function listOmaVms(db: Knex): Promise<OmaVm[]> {
  return (await select<Row>(db, `SELECT ${COLUMNS} FROM oma_vms ORDER BY id`)).map(toOmaVm);
}

/** The same, locked until the end of the transaction: whoever gives slots away has all of these rows. */
export async function lockOmaVms(trx: Knex.Transaction): Promise<OmaVm[]> {
  return (await select<Row>(trx, `SELECT ${COLUMNS} FROM oma_vms ORDER BY id FOR UPDATE`)).map(toOmaVm);
}

export interface Registration extends Pick<OmaVm, 'configId' | 'vmId' | 'volumeDaemonUrl'> {
  /** Undefined: as it is known, else `slotsElse`, the VM's id and `zoneElse`. */
  readonly name: string | undefined;
  readonly zoneId: string | undefined;
  readonly slots: number | undefined;
  readonly foreignDisks: number | undefined;
  readonly slotsElse: number;
  readonly zoneElse: string;
}

/** The daemon of this VM is there now. */
export async function registerOmaVm(db: Knex, seen: Registration): Promise<void> {
  const { configId, vmId, volumeDaemonUrl } = seen;
  const known = {
    name: seen.name,
    zone_id: seen.zoneId,
    slots: seen.slots,
    foreign_disks: seen.foreignDisks,
  };
  const told = Object.entries(known).filter(([, value]) => value !== undefined);
  await change(
    db,
    `INSERT INTO oma_vms (ossea_config_id, vm_id, name, volume_daemon_url, zone_id, slots, foreign_disks, last_seen_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, NOW(6))
     ON DUPLICATE KEY UPDATE ossea_config_id = VALUES(ossea_config_id), volume_daemon_url = VALUES(volume_daemon_url),
       ${told.map(([column]) => `${column} = VALUES(${column}),`).join(' ')} last_seen_at = VALUES(last_seen_at)`,
    [
      configId,
      vmId,
      seen.name ?? vmId,
      volumeDaemonUrl,
      seen.zoneId ?? seen.zoneElse,
      seen.slots ?? seen.slotsElse,
      seen.foreignDisks ?? 0,
    ],
  );
}

/** CloudStack refused one more disk while this many of ours were attached. */
export async function noteRoom(trx: Knex.Transaction, id: number, disks: number): Promise<void> {
  await change(trx, 'UPDATE oma_vms SET room_seen = ?, room_seen_at = NOW(6) WHERE id = ?', [disks, id]);
}
