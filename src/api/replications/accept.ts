import type { Knex } from '../../db/knex.ts';
import { isDuplicate } from '../../db/errors.ts';
import { inTransaction } from '../../db/knex.ts';
import { createContext, findContext, type ContextRecord } from '../../db/stores/context-store.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { contextUnknown, noDisks } from '../../db/stores/replication-accept.ts';
import { readTargets } from '../../db/stores/target-store.ts';
import { conflict } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import { SECOND } from '../../base/units.ts';
import { assertTargetComplete } from '../../domain/accept-replication.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { within } from '../../queues/loop.ts';
import type { Answer } from '../route.ts';
import type { StartReplication } from '../schemas/replications.ts';
import { acceptTogether, type Accepted, type Member } from './accept-together.ts';
import { Groups, type Limits } from './groups.ts';
import { resolveContext } from './resolve-context.ts';

export interface AcceptRequest {
  readonly body: StartReplication;
  readonly user: string;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

/** Another request may add the same VM between our look and our write: look again. */
const ATTEMPTS = 4;

export const LIMITS: Limits = {
  groupMax: 32,
  groupsMax: 2,
  waitersMax: 4,
  membersMax: 500,
  groupMs: 5 * SECOND,
  beginMs: 12 * SECOND,
};
const CLOSE_WITHIN_MS = 5 * SECOND;

/** Accepts replications (docs/decisions/0011). One per process that takes requests; close it before the ledger. */
export class ReplicationAcceptor {
  readonly #ledger: Ledger;
  readonly #groups: Groups<Member, Accepted>;

  constructor(ledger: Ledger, limits: Limits = LIMITS) {
    this.#ledger = ledger;
    this.#groups = openGroups(ledger, limits);
  }

  /** Accepts a replication (202), or only adds the VM (201). */
  async accept(request: AcceptRequest): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return request.body.start_replication === false
          ? await addContext(this.#ledger.db, request)
          : await this.#start(request);
      } catch (error) {
        if (attempt === ATTEMPTS || !isDuplicate(error)) throw error;
      }
    }
  }

  /** Waits for those that have begun, but not for a database that hangs. */
  async close(): Promise<void> {
    await within(CLOSE_WITHIN_MS, this.#groups.close());
  }

  async #start(request: AcceptRequest): Promise<Answer> {
    const contextId = await knownOrAdded(this.#ledger.db, request.body);
    const { answer, announced } = await this.#groups.enter({ ...request, contextId });
    await announced;
    return answer;
  }
}

/** Groups whose members are accepted together. */
export function openGroups(ledger: Ledger, limits: Limits = LIMITS): Groups<Member, Accepted> {
  return new Groups({ keysOf, limits, run: (members, how) => acceptTogether(ledger, members, how) });
}

/** The VM; and the Idempotency-Key, which has room for one answer. */
const keysOf = ({ contextId, key }: Member): string[] => [
  `vm ${contextId}`,
  ...(key === undefined ? [] : [`key ${key.actor} ${key.key}`]),
];

/** Accepts one request, for who has no other to accept meanwhile. */
export async function acceptReplication(ledger: Ledger, request: AcceptRequest): Promise<Answer> {
  return new ReplicationAcceptor(ledger).accept(request);
}

async function addContext(db: Knex, { body: asked, key }: AcceptRequest): Promise<Answer> {
  const resolved = await resolveContext(db, asked);
  if ('contextId' in resolved) throw await contextExists(db, resolved.contextId);
  return inTransaction(db, async (trx) => {
    const id = await createContext(trx, resolved);
    const context = await findContext(trx, id);
    invariant(context !== undefined, 'a context that was just added is gone');
    const body = addedBody(context);
    if (key !== undefined) await storeAnswer(trx, key, { status: 201, body });
    return { status: 201, body, headers: { location: `/api/v1/vm-contexts/by-id/${id}` } };
  });
}

async function contextExists(db: Knex, contextId: string): Promise<Error> {
  const known = await findContext(db, contextId);
  if (known === undefined) return contextUnknown(contextId);
  return conflict('context.exists', `${known.vmName} is known as ${contextId}`, {
    details: { contextId },
    hint: 'start its replication with context_id',
  });
}

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

/**
 * The context, made when the VM is new and there is a target for it. It is made before its first job, because the job's
 * row refers to it; if this process dies in between, the VM is known and the request can be repeated.
 */
async function knownOrAdded(db: Knex, asked: StartReplication): Promise<string> {
  const resolved = await resolveContext(db, asked);
  if ('contextId' in resolved) return resolved.contextId;
  assertTargetComplete((await readTargets(db, [])).meant(asked.ossea_config_id));
  if (resolved.vm.disks.length === 0) throw noDisks(resolved.vm.name);
  return createContext(db, resolved);
}
