import { conflict, invalidRequest, notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import {
  findContext,
  findContextsByName,
  findContextsByUuid,
  type ContextRecord,
} from '../../db/stores/context-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';

/**
 * The VM that a request means: by its name, by the id of its context, or by one of its uuids.
 * @throws notFound `context.unknown-name`; conflict `context.ambiguous`, which lists the VMs
 */
export async function vmOf(db: Knex, word: string): Promise<ContextRecord> {
  const byId = await findContext(db, word);
  if (byId !== undefined) return byId;
  const named = await findContextsByName(db, { vmName: word });
  const found = named.length > 0 ? named : await findContextsByUuid(db, word);
  const [only, ...others] = found;
  if (only === undefined) throw unknown(word);
  if (others.length > 0) throw ambiguous(word, found);
  return only;
}

/**
 * The same where the request may name the context, too, which must then be that VM.
 * @throws as vmOf; notFound `context.unknown`; invalidRequest `network-mapping.other-vm`
 */
export async function namedVm(db: Knex, word: string, contextId: string | null | undefined): Promise<ContextRecord> {
  if (typeof contextId !== 'string') return vmOf(db, word);
  const context = await findContext(db, contextId);
  if (context === undefined) throw contextUnknown(contextId);
  const isMeant = [context.contextId, context.vmName, context.vmwareVmId, context.instanceUuid].includes(word);
  if (isMeant) return context;
  throw invalidRequest('network-mapping.other-vm', `${contextId} is the VM ${context.vmName}, and not ${word}`, {
    details: { errors: [{ path: 'vm_id', message: `is not the VM of vm_context_id, which is ${context.vmName}` }] },
    hint: 'send the name of the VM, or leave vm_context_id out',
  });
}

const unknown = (word: string): AppError =>
  notFound('context.unknown-name', `no VM called ${word} is known`, {
    details: { vmId: word },
    hint: 'GET /api/v1/vm-contexts lists the VMs that are known',
  });

const ambiguous = (word: string, found: readonly ContextRecord[]): AppError =>
  conflict('context.ambiguous', `${found.length} VMs are called ${word}`, {
    details: {
      errors: found.map(({ contextId, vmPath, vcenterHost }) => ({
        path: contextId,
        message: `${vmPath} at ${vcenterHost}`,
      })),
    },
    hint: 'use the id of one of the contexts in place of the name; errors lists them',
  });
