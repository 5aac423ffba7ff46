import { conflict } from '../../base/errors.ts';
import type { Candidate } from '../../db/stores/replication-candidates.ts';
import { noDisks, type AcceptedReplication } from '../../db/stores/replication-accept.ts';
import { isDefaultTarget, type Targets } from '../../db/stores/target-store.ts';
import {
  assertMayReplicate,
  assertTargetComplete,
  replicationQueue,
  type TargetSettings,
} from '../../domain/accept-replication.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import { contextHeld } from '../../queues/submit.ts';
import { isGiven, type StartReplication } from '../schemas/replications.ts';

/** What is written for a request that is accepted, but for the id of its job. */
export type Decision = Omit<AcceptedReplication, 'jobId'>;

/**
 * Whether the replication may begin, and how, from what the transaction holds. Pure.
 * @throws conflict `replication.not-allowed`, `replication.other-target`, `context.busy`; precondition
 * `ossea-config.missing`, `ossea-config.ambiguous`, `ossea-config.incomplete`, `replication.no-disks`
 */
export function decide(asked: StartReplication, candidate: Candidate, targets: Targets): Decision {
  const { contextId, currentStatus, activeJobId } = candidate;
  assertMayReplicate({ contextId, status: currentStatus });
  const target = targetOf(asked.ossea_config_id, candidate, targets);
  assertTargetComplete(target);
  if (activeJobId !== null) throw contextHeld({ contextId, activeJobId });
  const vm = asked.source_vm ?? readInventory(candidate.inventory);
  if (candidate.disks.length === 0 && (vm?.disks.length ?? 0) === 0) throw noDisks(contextId);
  return {
    candidate,
    queue: replicationQueue(candidate),
    osseaConfigId: target.id,
    targetNetwork: asked.target_network ?? null,
    bandwidthLimitBytesPerS: asked.bandwidth_limit_bytes_per_s ?? null,
    vm,
    isNews: isGiven(asked.source_vm),
  };
}

/** Where volumes of the VM are, its further replications go: they cannot move to another cloud on the way. */
function targetOf(requested: number | null | undefined, vm: Candidate, targets: Targets): TargetSettings {
  const bound = vm.hasVolume ? vm.osseaConfigId : null;
  if (bound === null) return targets.meant(requested);
  if (isDefaultTarget(requested) || requested === bound) return targets.byId(bound);
  // One that does not exist is no other cloud.
  targets.meant(requested);
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
