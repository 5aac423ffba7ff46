import { systemClock } from '../../base/clock.ts';
import { counted } from '../../base/counted.ts';
import { invalidRequest } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import type { ContextRecord } from '../../db/stores/context-store.ts';
import { mappingsOfContext } from '../../db/stores/network-mapping-store.ts';
import { newestFailover } from '../../db/stores/failover-store.ts';
import { questionsOf } from '../../domain/failover/defaults.ts';
import { assessReadiness } from '../../domain/readiness/assess.ts';
import type { ApiContext } from '../context.ts';
import { vmOf } from '../network-mappings/vm-of.ts';
import { factsOf } from '../readiness/facts.ts';
import type { UnifiedFailover } from '../schemas/failover-requests.ts';
import { presentReadiness } from '../readiness/present.ts';
import { assertSourceStated, optionsOf } from './options.ts';
import { vmNamed } from './which-vm.ts';
import { wasPoweredOff } from './way-back.ts';

/** What a person is asked before a failover and before its rollback. */

const VERSION = '1';

/** @throws invalidRequest `failover.unknown-type` */
export function typeOf(word: string): 'live' | 'test' {
  if (word === 'live' || word === 'test') return word;
  throw invalidRequest('failover.unknown-type', `there is no failover of type ${word}`, {
    details: { errors: [{ path: 'failover_type', message: 'must be live or test' }] },
    hint: 'use live or test',
  });
}

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous`; invalidRequest `failover.unknown-type` */
export async function preflightConfig(
  db: Knex,
  asked: { readonly type: string; readonly vmWord: string },
): Promise<Record<string, unknown>> {
  const vm = await vmOf(db, asked.vmWord);
  const type = typeOf(asked.type);
  const mappings = await mappingsOfContext(db, vm.contextId);
  const ofType = mappings.filter((mapping) => mapping.isTestNetwork === (type === 'test'));
  return {
    success: true,
    message: `what a ${type} failover of ${vm.vmName} asks`,
    failover_type: type,
    vm_name: vm.vmName,
    configuration: questionsOf(type),
    metadata: {
      ...idsOf(vm),
      current_status: vm.currentStatus,
      network_mappings: Object.fromEntries(ofType.map((one) => [one.sourceNetworkName, one.destinationNetworkId])),
      version: VERSION,
    },
  };
}

const idsOf = (vm: ContextRecord) => ({ context_id: vm.contextId, vmware_vm_id: vm.vmwareVmId });

/**
 * Whether this request would be accepted now. Nothing is done.
 * @throws notFound `context.unknown`; invalidRequest `failover.other-vm`, `failover.options`
 */
export async function preflightValidate(context: ApiContext, body: UnifiedFailover): Promise<Record<string, unknown>> {
  const { context_id: contextId, vmware_vm_id: vmId, vm_name: vmName, ...asked } = body;
  const vm = await vmNamed(context.db, { contextId, vmId, vmName });
  assertSourceStated(asked);
  const facts = await factsOf(context, vm.contextId);
  const readiness = assessReadiness(facts, optionsOf(asked, facts), () => systemClock.monotonic());
  const errors = readiness.findings.filter(({ severity }) => severity === 'critical');
  return {
    success: readiness.ready,
    message: readiness.ready
      ? `a ${asked.failover_type} failover of ${vm.vmName} may begin`
      : `${counted(errors.length, 'finding forbids', 'findings forbid')} a ${asked.failover_type} failover of ${vm.vmName}`,
    errors: errors.map(({ code, explanation, fix }) => ({ path: code, message: `${explanation}; ${fix}` })),
    request: body,
    validation_result: presentReadiness(facts, readiness),
    metadata: { validated_at: facts.now.toISOString(), version: VERSION },
  };
}

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous`; invalidRequest `failover.unknown-type` */
export async function rollbackDecision(
  db: Knex,
  asked: { readonly type: string; readonly vmWord: string },
): Promise<Record<string, unknown>> {
  const vm = await vmOf(db, asked.vmWord);
  const type = typeOf(asked.type);
  const both = { success: true, vm_name: vm.vmName, failover_type: type };
  if (type === 'test') {
    const message = `the rollback of a test failover of ${vm.vmName} asks nothing: its source was never touched`;
    return { ...both, message, decision_id: 'none', question: '', options: [], default_value: null, required: false };
  }
  const last = await newestFailover(db, vm.contextId);
  const byUs = last?.jobType === 'live' && wasPoweredOff(last);
  return {
    ...both,
    message: `the rollback of a live failover of ${vm.vmName} asks about its source`,
    decision_id: 'power_on_source',
    question: `Power the source VM ${vm.vmName} on again, once its VM in CloudStack is stopped?`,
    options: [
      { value: true, label: 'power it on', description: 'the VM runs at its source again' },
      { value: false, label: 'leave it as it is', description: 'it stays off until somebody powers it on' },
    ],
    default_value: byUs,
    required: true,
  };
}
