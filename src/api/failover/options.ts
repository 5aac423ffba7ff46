import { invalidRequest, type AppError } from '../../base/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../base/units.ts';
import { DEFAULTS } from '../../domain/failover/defaults.ts';
import {
  FailoverOptions,
  optionProblems,
  SHUTDOWN_DEFAULT_MS,
  type OptionProblem,
} from '../../domain/failover/options.ts';
import type { StoredFacts } from '../../domain/readiness/facts.ts';
import { planNetworks } from '../../domain/readiness/networks.ts';
import type { CustomConfig, UnifiedFailover } from '../schemas/failover-requests.ts';
import { isGiven } from '../schemas/replications.ts';

/** What is asked for, whichever route it came by. */
export type AskedFailover = Omit<UnifiedFailover, 'context_id' | 'vmware_vm_id' | 'vm_name'>;

const STRATEGY = { live: 'live', production: 'live', test: 'test', isolated: 'test', custom: 'custom' } as const;

/**
 * The options that a failover goes by, with its networks resolved as the mappings are now.
 * @throws invalidRequest `failover.options`: they contradict its type, or one another; errors names the fields
 */
export function optionsOf(asked: AskedFailover, facts: Pick<StoredFacts, 'vm' | 'mappings'>): FailoverOptions {
  const type = asked.failover_type;
  const custom = asked.network_mappings ?? undefined;
  const candidate = FailoverOptions.safeParse({
    ...wishesOf(asked),
    ...configuredOf(asked.custom_config ?? {}),
    networks: planNetworks(facts, { type, custom }).networks,
  });
  if (!candidate.success) {
    const issues = candidate.error.issues.map(({ path, message }) => ({
      path: FIELD_OF[String(path[0])] ?? path.join('.'),
      message,
    }));
    throw notFitting(type, issues);
  }
  const problems = [...problemsOf(asked), ...optionProblems(candidate.data)];
  if (problems.length > 0) throw notFitting(type, problems);
  return candidate.data;
}

/** What is left out is as it always is for failovers of this type. */
function wishesOf(asked: AskedFailover) {
  const { failover_type: type, network_mappings: custom, network_strategy: strategy } = asked;
  const is = DEFAULTS[type];
  return {
    type,
    powerOffSource: asked.power_off_source ?? is.power_off_source,
    performFinalSync: asked.perform_final_sync ?? is.perform_final_sync,
    skipValidation: asked.skip_validation ?? is.skip_validation,
    skipVirtio: asked.skip_virtio ?? is.skip_virtio,
    networkStrategy: STRATEGY[strategy ?? (isGiven(custom) ? 'custom' : is.network_strategy)],
    naming: asked.vm_naming ?? is.vm_naming,
    testDurationMs: milliseconds(asked.test_duration ?? is.test_duration),
    autoCleanup: asked.auto_cleanup ?? is.auto_cleanup,
  };
}

function configuredOf(config: CustomConfig) {
  const seconds = config.shutdown_timeout_seconds;
  return {
    shutdown: {
      timeoutMs: isGiven(seconds) ? seconds * SECOND : SHUTDOWN_DEFAULT_MS,
      policy: config.shutdown_policy ?? 'force',
    },
    commit: commitOf(config),
    serviceOfferingId: config.service_offering_id ?? null,
    templateId: config.template_id ?? null,
  };
}

const FIELD_OF: Readonly<Record<string, string>> = {
  testDurationMs: 'test_duration',
  networks: 'network_mappings',
  commit: 'custom_config.commit_after',
};

/** What the request itself contradicts. */
function problemsOf(asked: AskedFailover): OptionProblem[] {
  const { network_mappings: networks, network_strategy: strategy, custom_config: config } = asked;
  const hasNetworks = isGiven(networks);
  const rules: readonly (readonly [isBroken: boolean, path: string, message: string])[] = [
    [
      hasNetworks && typeof strategy === 'string' && strategy !== 'custom',
      'network_mappings',
      'is for network_strategy custom',
    ],
    [strategy === 'custom' && !hasNetworks, 'network_mappings', 'network_strategy custom needs it'],
    [
      isGiven(config?.commit_after) !== isGiven(config?.commit_then),
      'custom_config.commit_after',
      'commit_after and commit_then go together',
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, path, message]) => ({ path, message }));
}

/** `2h`, `30m`; null where nothing is said. */
function milliseconds(duration: string | null | undefined): number | null {
  if (typeof duration !== 'string') return null;
  return Number.parseInt(duration, 10) * (duration.endsWith('h') ? HOUR : MINUTE);
}

function commitOf({ commit_after: after, commit_then: then }: CustomConfig): FailoverOptions['commit'] {
  const afterMs = milliseconds(after);
  return afterMs === null || typeof then !== 'string' ? null : { afterMs, then };
}

/** Nothing says what a live failover does with its source but the person who asks for it. */
export function assertSourceStated(asked: AskedFailover): void {
  if (asked.failover_type === 'test' || typeof asked.power_off_source === 'boolean') return;
  throw notFitting('live', [{ path: 'power_off_source', message: 'must be stated for a live failover' }]);
}

const notFitting = (type: string, errors: readonly OptionProblem[]): AppError =>
  invalidRequest(
    'failover.options',
    `not a ${type} failover: ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    {
      details: { errors },
      hint: 'GET /api/v1/failover/preflight/config/{failover_type}/{vm_name} tells what each field may be',
    },
  );
