import { conflict, notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { findContextsByName, type ContextRecord } from '../../db/stores/context-store.ts';

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous`, which lists the vCenters */
export async function contextByName(
  db: Knex,
  by: { readonly vmName: string; readonly vcenterHost: string | null | undefined },
): Promise<ContextRecord> {
  const found = await findContextsByName(db, by);
  const [only, ...others] = found;
  if (only === undefined) throw nameUnknown(by.vmName);
  if (others.length > 0) throw ambiguous(by.vmName, found);
  return only;
}

const nameUnknown = (vmName: string): AppError =>
  notFound('context.unknown-name', `no VM called ${vmName} is known`, {
    details: { vmName },
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known; a new one needs source_vm',
  });

export const ambiguous = (vmName: string, found: readonly ContextRecord[]): AppError =>
  conflict('context.ambiguous', `${found.length} vCenters have a VM called ${vmName}`, {
    details: { vmName, errors: found.map((one) => ({ path: 'vcenter_host', message: one.vcenterHost })) },
    hint: 'add vcenter_host; errors lists the possible values',
  });
