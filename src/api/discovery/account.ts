import { notFound } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import {
  findCredentialOfAccount,
  findDefaultCredential,
  useCredential,
} from '../../db/stores/vmware-credential-store.ts';
import { normalThumbprint } from '../../domain/certificate-pin.ts';
import type { VcenterAccess } from '../../vma/contract.ts';
import { isGiven } from '../schemas/replications.ts';
import type { VcenterAccount } from '../schemas/discovery.ts';

/** With which account a vCenter is asked. Holds the password: never stored, logged or answered with. */
export interface Account {
  readonly access: VcenterAccess;
  /** As VMs found there are stored with. */
  readonly host: string;
  readonly datacenter: string;
  /** The stored credential of this account; null where there is none. */
  readonly credential: { readonly id: number; readonly name: string } | null;
}

/**
 * The account that the request names; a stored one is counted as used.
 * @throws notFound `credential.unknown`, `credential.no-default`; conflict `credential.inactive`; precondition
 * `secret.no-key`, `secret.other-key`, `secret.damaged`
 */
export async function accountOf(db: Knex, box: () => SecretBox, asked: VcenterAccount): Promise<Account> {
  const { vcenter, username, password } = asked;
  if (isGiven(vcenter) && isGiven(username) && isGiven(password)) {
    return typedAccount(db, { ...asked, vcenter, username, password });
  }
  return storedAccount(db, box, asked);
}

const THE_DEFAULT = 0;

async function storedAccount(db: Knex, box: () => SecretBox, asked: VcenterAccount): Promise<Account> {
  const named = asked.credential_id ?? THE_DEFAULT;
  const id = named === THE_DEFAULT ? (await findDefaultCredential(db))?.id : named;
  if (id === undefined) throw noDefault();
  const used = await useCredential(db, box(), id);
  return {
    access: {
      vcenter: used.vcenterHost,
      username: used.username,
      password: used.password.reveal(),
      thumbprint: used.vcenterThumbprint,
      ca: used.vcenterCa,
    },
    host: used.vcenterHost,
    datacenter: asked.datacenter ?? used.datacenter,
    credential: { id: used.id, name: used.credentialName },
  };
}

type Typed = VcenterAccount & { readonly vcenter: string; readonly username: string; readonly password: string };

/** What the vCenter must show is taken from the stored credential of the same account, where the request does not say. */
async function typedAccount(db: Knex, asked: Typed): Promise<Account> {
  const { vcenter, username, password } = asked;
  const stored = await findCredentialOfAccount(db, { vcenterHost: vcenter, username });
  const saysTrust = isGiven(asked.vcenter_thumbprint) || isGiven(asked.vcenter_ca);
  const thumbprint = saysTrust ? normalThumbprint(asked.vcenter_thumbprint ?? '') : stored?.vcenterThumbprint;
  return {
    access: { vcenter, username, password, thumbprint, ca: saysTrust ? asked.vcenter_ca : stored?.vcenterCa },
    host: stored?.vcenterHost ?? vcenter,
    datacenter: asked.datacenter ?? stored?.datacenter ?? '',
    credential: stored === undefined ? null : { id: stored.id, name: stored.credentialName },
  };
}

const noDefault = (): Error =>
  notFound('credential.no-default', 'no VMware credential is the default', {
    hint: 'send credential_id, or vcenter with username, password and datacenter',
  });
