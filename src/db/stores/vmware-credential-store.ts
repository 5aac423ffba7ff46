import type { Knex } from 'knex';
import { raw, type QueryBuilder } from 'objection';
import { conflict, notFound, type AppError } from '../../base/errors.ts';
import type { Secret } from '../../config/secrets.ts';
import { columnsOf } from '../columns.ts';
import { isDuplicate } from '../errors.ts';
import { inTransaction } from '../knex.ts';
import { VmwareCredential } from '../models/vmware-credentials.ts';
import type { Place, SecretBox } from '../secret-box.ts';
import { select } from '../sql.ts';

/** Accounts for vCenter servers. Passwords go in and out in a Secret only; records have none. */

const RECORD = [
  'id',
  'credentialName',
  'vcenterHost',
  'username',
  'datacenter',
  'vcenterThumbprint',
  'vcenterCa',
  'isActive',
  'isDefault',
  'createdBy',
  'lastUsed',
  'usageCount',
  'createdAt',
  'updatedAt',
] as const;

/** With what the references to it tell. */
class CountedCredential extends VmwareCredential {
  /** VMs that name it. */
  declare contextCount: number;
}

/** A row without its password, and how many VMs name it. */
export type CredentialRecord = Pick<CountedCredential, (typeof RECORD)[number] | 'contextCount'>;

/** What a person may set. */
export interface CredentialValues {
  readonly credentialName: string;
  readonly vcenterHost: string;
  readonly username: string;
  readonly datacenter: string;
  /** Hex in capitals with colons; null: the certificate is not pinned. */
  readonly vcenterThumbprint: string | null;
  /** PEM; null: the authorities of the system. */
  readonly vcenterCa: string | null;
  readonly isActive: boolean;
}

/** What is not named stays as it is. */
export type CredentialEdit = Partial<CredentialValues & { readonly isDefault: boolean }>;

const CONTEXT_COUNT = `(select count(*) from vm_replication_contexts as context
  where context.credential_id = vmware_credentials.id)`;

function records(db: Knex): QueryBuilder<CountedCredential> {
  return CountedCredential.query(db).select(...columnsOf(RECORD), raw(CONTEXT_COUNT).as('context_count'));
}

/** One page by name, and how many there are in all. `after` is the last name of the page before. */
export async function listCredentials(
  db: Knex,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<{ readonly total: number; readonly rows: CredentialRecord[] }> {
  const rows = records(db).orderBy('credential_name').limit(page.limit);
  if (page.after !== undefined) void rows.where('credential_name', '>', page.after);
  const [total, found] = await Promise.all([VmwareCredential.query(db).resultSize(), rows]);
  return { total, rows: found.map((row) => row.toJSON()) };
}

export async function findCredential(db: Knex, id: number): Promise<CredentialRecord | undefined> {
  return (await records(db).findById(id))?.toJSON();
}

export async function findDefaultCredential(db: Knex): Promise<CredentialRecord | undefined> {
  return (await records(db).findOne({ is_default: true }))?.toJSON();
}

/** The active credential for this user of this vCenter; of several the newest. Case makes no difference in either. */
export async function findCredentialOfAccount(
  db: Knex,
  account: { readonly vcenterHost: string; readonly username: string },
): Promise<CredentialRecord | undefined> {
  const { vcenterHost, username } = account;
  const found = records(db).where({ vcenter_host: vcenterHost, username, is_active: true });
  return (await found.orderBy('id', 'desc').first())?.toJSON();
}

/** Keeps it from being deleted until the end of the transaction. @throws notFound `credential.unknown` */
export async function holdCredential(trx: Knex.Transaction, id: number): Promise<void> {
  const held = await VmwareCredential.query(trx).select('id').findById(id).forShare();
  if (held === undefined) throw credentialUnknown(String(id));
}

/** The active credential of this host, by its name as it was entered; the default one first. */
export async function findCredentialOfHost(db: Knex, vcenterHost: string): Promise<CredentialRecord | undefined> {
  return records(db)
    .where({ vcenter_host: vcenterHost, is_active: true })
    .orderBy([{ column: 'is_default', order: 'desc' }, { column: 'id' }])
    .first();
}

/** Holds all rows until the end of the transaction: what is decided from several of them stays true. */
export async function lockCredentials(trx: Knex.Transaction): Promise<void> {
  await VmwareCredential.query(trx).select('id').orderBy('id').forUpdate();
}

/**
 * @returns the id
 * @throws conflict `credential.exists`: another one has this name
 */
export async function insertCredential(
  trx: Knex.Transaction,
  box: SecretBox,
  values: CredentialValues & { readonly password: Secret; readonly createdBy: string },
): Promise<number> {
  const { password, ...columns } = values;
  return uniquely(values.credentialName, async () => {
    // The text is bound to the id, which only the row itself can tell: nobody sees it before it has its password.
    const { id } = await VmwareCredential.query(trx).insert({ ...columns, passwordEncrypted: '' });
    await storePassword(trx, box, { id, vcenterHost: values.vcenterHost, password });
    return id;
  });
}

/**
 * Sets what `edit` names. Of a new host the password must be stored, too: that of the old one does not open any more.
 * @throws conflict `credential.exists`
 */
export async function changeCredential(trx: Knex.Transaction, id: number, edit: CredentialEdit): Promise<void> {
  if (Object.keys(edit).length === 0) return;
  await uniquely(edit.credentialName ?? '', () => VmwareCredential.query(trx).findById(id).patch(edit));
}

/** Replaces the password of a row whose host this is. */
export async function storePassword(
  trx: Knex.Transaction,
  box: SecretBox,
  { id, vcenterHost, password }: { readonly id: number; readonly vcenterHost: string; readonly password: Secret },
): Promise<void> {
  const passwordEncrypted = box.seal(password, credentialPlace({ id, vcenterHost }));
  await VmwareCredential.query(trx).findById(id).patch({ passwordEncrypted });
}

/** Makes it the one default. No condition: a row that somebody else changes right now must be waited for. */
export async function makeDefault(trx: Knex.Transaction, id: number): Promise<void> {
  await VmwareCredential.query(trx).patch({ isDefault: raw('id = ?', [id]) });
}

export async function deleteCredential(trx: Knex.Transaction, id: number): Promise<void> {
  await VmwareCredential.query(trx).deleteById(id);
}

/** Whether an active one remains without this one. */
export async function isOtherActive(trx: Knex.Transaction, id: number): Promise<boolean> {
  return (await VmwareCredential.query(trx).where({ is_active: true }).whereNot({ id }).resultSize()) > 0;
}

/** The first VMs, by name, that name this credential. */
export function contextsOfCredential(
  db: Knex,
  id: number,
  limit: number,
): Promise<{ readonly context_id: string; readonly vm_name: string }[]> {
  const columns = 'select context_id, vm_name from vm_replication_contexts';
  return select(db, `${columns} where credential_id = ? order by vm_name, context_id limit ?`, [id, limit]);
}

export interface OpenedCredential extends CredentialRecord {
  readonly password: Secret;
}

/**
 * The credential with its password, to sign in with now; counted in usage_count and last_used.
 * @throws notFound `credential.unknown`; conflict `credential.inactive`; and the codes of SecretBox.open, which are not
 * counted
 */
export async function useCredential(db: Knex, box: SecretBox, id: number): Promise<OpenedCredential> {
  const use = async (trx: Knex.Transaction): Promise<OpenedCredential> => {
    const row = await VmwareCredential.query(trx).findById(id).forUpdate();
    if (row === undefined) throw credentialUnknown(String(id));
    if (!row.isActive) throw credentialInactive(row.credentialName);
    const password = box.open(row.passwordEncrypted, credentialPlace(row));
    await VmwareCredential.query(trx)
      .findById(id)
      // Being used is no change of the row.
      .patch({ usageCount: raw('usage_count + 1'), lastUsed: raw('now(3)'), updatedAt: raw('updated_at') });
    const used = await findCredential(trx, id);
    if (used === undefined) throw credentialUnknown(String(id));
    return { ...used, password };
  };
  return inTransaction(db, use, { idempotent: true });
}

/** The host belongs to it: nobody who can write the table can have a password sent to another server. */
export function credentialPlace(row: { readonly id: number; readonly vcenterHost: string }): Place {
  const key = `${row.id} ${row.vcenterHost.toLowerCase()}`;
  return { table: 'vmware_credentials', row: key, column: 'password_encrypted' };
}

export const credentialUnknown = (id: string): AppError =>
  notFound('credential.unknown', `there is no VMware credential ${id}`, {
    hint: 'GET /api/v1/vmware-credentials lists them',
    details: { credentialId: id },
  });

export const credentialInactive = (name: string): AppError =>
  conflict('credential.inactive', `the credential ${name} is not active`, {
    hint: 'activate it with {"is_active": true}, or take another one',
  });

async function uniquely<T>(name: string, work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDuplicate(error, 'uq_vmware_credentials_name')) throw error;
    throw conflict('credential.exists', `a credential is called ${name} already`, {
      cause: error,
      details: { errors: [{ path: 'credential_name', message: 'is taken; upper and lower case make no difference' }] },
      hint: 'take another name, or change the one that exists with PUT',
    });
  }
}
