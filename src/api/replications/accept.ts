import type { Knex } from '../../db/knex.ts';
import { isDuplicate } from '../../db/errors.ts';
import { inTransaction } from '../../db/knex.ts';
import { createContext, findContext, type ContextRecord } from '../../db/stores/context-store.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { knownVm, type KnownVm } from '../../db/stores/known-vm-store.ts';
import { contextUnknown, insertReplication, isQueueChanged, noDisks } from '../../db/stores/replication-accept.ts';
import { isDefaultTarget, targetById, targetFor } from '../../db/stores/target-store.ts';
import { conflict } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import {
  assertMayReplicate,
  assertTargetComplete,
  replicationQueue,
  type TargetSettings,
} from '../../domain/accept-replication.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import { contracts } from '../../queues/catalogue.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { submit } from '../../queues/submit.ts';
import type { Answer } from '../route.ts';
import { isGiven, type StartReplication } from '../schemas/replications.ts';
import { resolveContext, type Resolved } from './resolve-context.ts';

export interface AcceptRequest {
  readonly body: StartReplication;
  readonly user: string;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

/** Another request may add the same VM, or end its first cycle, between our look and our write: look again. */
const ATTEMPTS = 4;

/** Accepts a replication (202), or only adds the VM (201). Everything that it decides on, it decides on again inside the transaction. */
export async function acceptReplication(ledger: Ledger, request: AcceptRequest): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return request.body.start_replication === false
        ? await addContext(ledger.db, request)
        : await startReplication(ledger, request);
    } catch (error) {
      if (attempt === ATTEMPTS || !(isQueueChanged(error) || isDuplicate(error))) throw error;
    }
  }
}

async function addContext(db: Knex, { body: asked, key }: AcceptRequest): Promise<Answer> {
  const resolved = await resolveContext(db, asked);
  if ('known' in resolved) throw contextExists(resolved.known);
  return inTransaction(db, async (trx) => {
    const id = await createContext(trx, resolved);
    const context = await findContext(trx, id);
    invariant(context !== undefined, 'a context that was just added is gone');
    const body = addedBody(context);
    if (key !== undefined) await storeAnswer(trx, key, { status: 201, body });
    return { status: 201, body, headers: location(`/api/v1/vm-contexts/by-id/${id}`) };
  });
}

const contextExists = (known: KnownVm): Error =>
  conflict('context.exists', `${known.vmName} is known as ${known.contextId}`, {
    details: { contextId: known.contextId },
    hint: 'start its replication with context_id',
  });

function addedBody(context: ContextRecord): Record<string, unknown> {
  return {
    context_id: context.contextId,
    vm_name: context.vmName,
    vmware_vm_id: context.vmwareVmId,
    vcenter_host: context.vcenterHost,
    current_status: context.currentStatus,
    message: 'VM added; its replication has not been started',
    created_at: context.createdAt.toISOString(),
  };
}

async function startReplication(ledger: Ledger, request: AcceptRequest): Promise<Answer> {
  const { db } = ledger;
  const { body } = request;
  const resolved = await resolveContext(db, body);
  if ('known' in resolved)
    assertMayReplicate({ contextId: resolved.known.contextId, status: resolved.known.currentStatus });
  const target = await targetOf(db, body.ossea_config_id, resolved);
  assertTargetComplete(target);
  const known = await knownOrAdded(db, resolved);
  const queue = replicationQueue(known);
  const { contextId } = known;

  let answer: Answer | undefined;
  await submit(ledger, {
    contract: contracts[queue],
    payload: { contextId, forceFull: body.replication_type === 'initial' },
    contextId,
    owner: request.user,
    requestId: request.requestId,
    domainRows: async (trx, jobId) => {
      const startedAt = await insertReplication(trx, jobId, {
        contextId,
        queue,
        osseaConfigId: target.id,
        targetNetwork: body.target_network ?? null,
        vm: body.source_vm ?? readInventory(known.inventory),
        isNews: isGiven(body.source_vm),
      });
      const started = startedBody({ jobId, vm: known, queue, startedAt });
      if (request.key !== undefined) await storeAnswer(trx, request.key, { status: 202, body: started });
      answer = { status: 202, body: started, headers: location(`/api/v1/replications/${jobId}`) };
    },
  });
  invariant(answer !== undefined, 'a job was accepted without its rows');
  return answer;
}

/**
 * The context, made when the VM is new. It is made before its first job, because the job's row refers to it; if this
 * process dies in between, the VM is known and the request can be repeated.
 */
async function knownOrAdded(db: Knex, resolved: Resolved): Promise<KnownVm> {
  if ('known' in resolved) return resolved.known;
  if (resolved.vm.disks.length === 0) throw noDisks(resolved.vm.name);
  const id = await createContext(db, resolved);
  const made = await knownVm(db, id);
  if (made === undefined) throw contextUnknown(id);
  return made;
}

/** Where volumes of the VM are, its further replications go: they cannot move to another cloud on the way. */
async function targetOf(db: Knex, requested: number | null | undefined, resolved: Resolved): Promise<TargetSettings> {
  const bound = 'known' in resolved && resolved.known.hasVolume ? resolved.known.osseaConfigId : null;
  if (bound === null) return targetFor(db, requested);
  if (isDefaultTarget(requested) || requested === bound) return targetById(db, bound);
  // One that does not exist is no other cloud.
  await targetFor(db, requested);
  throw conflict('replication.other-target', 'the volumes of this VM are in another cloud', {
    details: { bound, requested },
    hint: `leave ossea_config_id out, or give ${bound}`,
  });
}

/** What the source last told about the VM. One that this version cannot read is as good as none. */
function readInventory(inventory: unknown): SourceVm | undefined {
  const stored = SourceVm.safeParse(inventory);
  return stored.success ? stored.data : undefined;
}

interface Started {
  readonly jobId: string;
  readonly vm: KnownVm;
  readonly queue: 'replicate' | 'sync-cbt';
  readonly startedAt: Date;
}

function startedBody({ jobId, vm, queue, startedAt }: Started): Record<string, unknown> {
  return {
    job_id: jobId,
    context_id: vm.contextId,
    queue,
    status: 'pending',
    progress_percent: 0,
    source_vm: { id: vm.vmwareVmId, name: vm.vmName, path: vm.vmPath },
    created_volumes: [],
    mounted_volumes: [],
    started_at: startedAt.toISOString(),
    message: `replication of ${vm.vmName} accepted; follow it at /api/v1/replications/${jobId}`,
  };
}

const location = (path: string): Record<string, string> => ({ location: path });
