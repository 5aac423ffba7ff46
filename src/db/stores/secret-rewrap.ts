import type { Knex } from 'knex';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Secret } from '../../config/secrets.ts';
import { inTransaction } from '../knex.ts';
import type { Place, SecretBox } from '../secret-box.ts';
import { change, select } from '../sql.ts';
import { osseaConfigPlace } from './ossea-config-store.ts';
import { credentialPlace } from './vmware-credential-store.ts';

/**
 * Brings every sealed secret under the master key of the box, a row at a time: cut off at any point, it leaves rows
 * that are done and rows that are not, all of which open while both keys are set, and begun again it does the rest.
 */

interface SealedRow {
  readonly id: number;
  /** Host of a credential, name of a configuration. */
  readonly owner: string;
  /** Sealed texts by column. */
  readonly [column: string]: string | number;
}

interface SealedTable {
  readonly name: string;
  readonly owner: string;
  readonly columns: readonly string[];
  readonly place: (row: SealedRow, column: string) => Place;
}

/** Everything that SecretBox has sealed. */
const TABLES: readonly SealedTable[] = [
  {
    name: 'ossea_configs',
    owner: 'name',
    columns: ['api_key', 'secret_key'],
    place: (row, column) => osseaConfigPlace(row.owner, column),
  },
  {
    name: 'vmware_credentials',
    owner: 'vcenter_host',
    columns: ['password_encrypted'],
    place: ({ id, owner }) => credentialPlace({ id, vcenterHost: owner }),
  },
];

export interface RewrapReport {
  /** Of the key that everything is to be under. */
  readonly keyId: string;
  /** Secrets, not rows: a row can have two. */
  readonly rewrapped: number;
  readonly alreadyCurrent: number;
  /** One per secret that none of the keys opens; it stays as it was. */
  readonly unreadable: readonly AppError[];
}

/** Rewraps all, or with `dryRun` only says what it would find. Every secret is opened, the current ones too. */
export async function rewrapSecrets(
  db: Knex,
  box: SecretBox,
  { dryRun }: { readonly dryRun: boolean },
): Promise<RewrapReport> {
  const report = { keyId: box.keyId, rewrapped: 0, alreadyCurrent: 0, unreadable: [] as AppError[] };
  for (const table of TABLES) {
    const rows = await select<{ id: number }>(db, `select id from ${table.name} order by id`);
    for (const { id } of rows) {
      const found = await inTransaction(db, (trx) => rewrapRow(trx, box, { table, id, dryRun }), { idempotent: true });
      report.rewrapped += found.outdated;
      report.alreadyCurrent += found.current;
      report.unreadable.push(...found.unreadable);
    }
  }
  return report;
}

interface RowReport {
  outdated: number;
  current: number;
  readonly unreadable: AppError[];
}

/** Under the lock of the row: a password that is saved meanwhile is either seen or waits. */
async function rewrapRow(
  trx: Knex.Transaction,
  box: SecretBox,
  { table, id, dryRun }: { readonly table: SealedTable; readonly id: number; readonly dryRun: boolean },
): Promise<RowReport> {
  const report: RowReport = { outdated: 0, current: 0, unreadable: [] };
  const columns = table.columns.join(', ');
  const sql = `select id, ${table.owner} as owner, ${columns} from ${table.name} where id = ? for update`;
  const [row] = await select<SealedRow>(trx, sql, [id]);
  if (row === undefined) return report;
  for (const column of table.columns) {
    const sealed = String(row[column]);
    const place = table.place(row, column);
    const plain = opened(box, sealed, place);
    if (plain instanceof AppError) report.unreadable.push(plain);
    else if (box.isCurrent(sealed)) report.current += 1;
    else report.outdated += 1;
    if (dryRun || plain instanceof AppError || box.isCurrent(sealed)) continue;
    // updated_at tells when a person changed the row.
    const update = `update ${table.name} set ${column} = ?, updated_at = updated_at where id = ?`;
    await change(trx, update, [box.seal(plain, place), id]);
  }
  return report;
}

function opened(box: SecretBox, sealed: string, place: Place): Secret | AppError {
  try {
    return box.open(sealed, place);
  } catch (error) {
    return toAppError(error);
  }
}
