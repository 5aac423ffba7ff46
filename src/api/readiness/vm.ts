import { systemClock } from '../../base/clock.ts';
import { DEFAULTS } from '../../domain/failover/defaults.ts';
import { assessReadiness, scoreOf, type Readiness } from '../../domain/readiness/assess.ts';
import type { ReadinessFacts } from '../../domain/readiness/facts.ts';
import type { Family, ReadinessQuestion } from '../../domain/readiness/rule.ts';
import type { ApiContext } from '../context.ts';
import { estimateOf } from '../failover/estimate.ts';
import { vmOf } from '../network-mappings/vm-of.ts';
import { factsOf as factsOfVm } from './facts.ts';
import { actionsOf, presentCheck, presentReadiness } from './present.ts';

/** What a readiness is asked about, by the query of a request. */
export interface AskedReadiness {
  readonly type: 'live' | 'test';
  readonly power_off_source?: 'true' | 'false' | undefined;
  readonly perform_final_sync?: 'true' | 'false' | undefined;
}

interface Judged {
  readonly facts: ReadinessFacts;
  readonly readiness: Readiness;
}

/** @throws notFound `context.unknown-name`; conflict `context.ambiguous` */
export async function judged(context: ApiContext, word: string, asked: AskedReadiness): Promise<Judged> {
  const vm = await vmOf(context.db, word);
  const facts = await factsOfVm(context, vm.contextId);
  return { facts, readiness: assessReadiness(facts, questionOf(asked), () => systemClock.monotonic()) };
}

function questionOf({ type, power_off_source: off, perform_final_sync: sync }: AskedReadiness): ReadinessQuestion {
  const is = DEFAULTS[type];
  return {
    type,
    powerOffSource: off === undefined ? is.power_off_source : off === 'true',
    performFinalSync: sync === undefined ? is.perform_final_sync : sync === 'true',
    skipVirtio: is.skip_virtio,
    skipValidation: is.skip_validation,
    serviceOfferingId: null,
    templateId: null,
  };
}

const messageOf = ({ facts, readiness }: Judged, type: string): string => {
  const severe = readiness.findings.filter(({ severity }) => severity === 'critical');
  const [first, ...others] = severe;
  if (first === undefined) return `${facts.vm.vmName} is ready for a ${type} failover`;
  const more = others.length === 0 ? '' : `; and ${others.length} more`;
  return `${facts.vm.vmName} is not ready for a ${type} failover: ${first.explanation}${more}`;
};

/** Body of GET /failover/{vm_id}/readiness. */
export async function readinessOf(
  context: ApiContext,
  word: string,
  asked: AskedReadiness,
): Promise<Record<string, unknown>> {
  const both = await judged(context, word, asked);
  const { facts, readiness } = both;
  return {
    success: true,
    message: messageOf(both, asked.type),
    ...named(facts),
    failover_type: asked.type,
    is_valid: readiness.ready,
    readiness_score: readiness.score,
    validation_result: await resultOf(context, both, asked.type),
    required_actions: actionsOf(readiness.findings),
  };
}

/** Body of GET /vms/{vm_id}/failover-readiness. */
export async function failoverReadiness(
  context: ApiContext,
  word: string,
  asked: AskedReadiness,
): Promise<Record<string, unknown>> {
  const { is_valid: isReady, ...rest } = await readinessOf(context, word, asked);
  const both = { is_ready: isReady, ...rest };
  const result = Object(rest['validation_result']) as { validated_at?: unknown };
  return { ...both, validated_at: result.validated_at };
}

async function resultOf(context: ApiContext, { facts, readiness }: Judged, type: 'live' | 'test') {
  return { ...presentReadiness(facts, readiness), ...(await estimateOf(context.db, type)) };
}

/** Body of GET /vms/{vm_id}/configuration-check: what does not change from one cycle to the next, for both types. */
export async function configurationCheck(context: ApiContext, word: string): Promise<Record<string, unknown>> {
  const vm = await vmOf(context.db, word);
  const facts = await factsOfVm(context, vm.contextId);
  const parts = (['live', 'test'] as const).map((type) => partOf(facts, type));
  const all = parts.flatMap(({ findings }) => findings);
  const isValid = !all.some(({ severity }) => severity === 'critical');
  return {
    success: true,
    message: isValid
      ? `nothing in the configuration of ${vm.vmName} forbids a failover`
      : `the configuration of ${vm.vmName} forbids a failover`,
    ...named(facts),
    is_valid: isValid,
    validated_at: facts.now.toISOString(),
    live: parts[0]?.body,
    test: parts[1]?.body,
    required_actions: actionsOf(all),
  };
}

const CONFIGURED: ReadonlySet<Family> = new Set(['vm', 'networks', 'target', 'source']);
/** Whether the VM may be failed over now is no matter of its configuration. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(['vm-status']);

function partOf(facts: ReadinessFacts, type: 'live' | 'test') {
  const { checks } = assessReadiness(facts, questionOf({ type }), () => systemClock.monotonic());
  const shown = checks.filter(({ name, family }) => CONFIGURED.has(family) && !OF_THE_MOMENT.has(name));
  const findings = shown.flatMap((check) => check.findings);
  const body = {
    is_valid: !findings.some(({ severity }) => severity === 'critical'),
    readiness_score: scoreOf(findings),
    checks: shown.map(presentCheck),
  };
  return { findings, body };
}

const named = ({ vm }: ReadinessFacts) => ({ vm_id: vm.vmName, vm_name: vm.vmName, vm_context_id: vm.contextId });
