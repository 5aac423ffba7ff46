import { z } from 'zod';
import { HOUR, MINUTE } from '../../base/units.ts';

/** What a failover is asked to do. Resolved and frozen when it is accepted: nothing is decided anew while it runs. */

/** Where one network of the source VM leads. */
export const FailoverNetwork = z.object({
  sourceNetworkName: z.string().min(1),
  destinationNetworkId: z.string().min(1),
  macAddress: z.string().optional(),
});
export type FailoverNetwork = z.output<typeof FailoverNetwork>;

/** How long a test may last at most: beyond it somebody has forgotten it. */
const TEST_DURATION_MAX_MS = 30 * 24 * HOUR;
/** Longer than any guest needs that still answers. */
const SHUTDOWN_MAX_MS = 1 * HOUR;
export const SHUTDOWN_DEFAULT_MS = 2 * MINUTE;

export const FailoverOptions = z.object({
  type: z.enum(['live', 'test']),
  /** Shut the source VM down before. */
  powerOffSource: z.boolean(),
  /** Replicate once more after that, so that nothing is lost. */
  performFinalSync: z.boolean(),
  /** Findings of readiness that do not endanger data do not stop it. */
  skipValidation: z.boolean(),
  /** The guest is started as it was copied. */
  skipVirtio: z.boolean(),
  networkStrategy: z.enum(['live', 'test', 'custom']),
  /** exact: the name of the source VM. suffixed: with `-test-{unix seconds}`. */
  naming: z.enum(['exact', 'suffixed']),
  /** When a test ends by itself, counted from the start of its VM; null: never. */
  testDurationMs: z.int().min(MINUTE).max(TEST_DURATION_MAX_MS).nullable(),
  /** A test whose time is over is rolled back by us. */
  autoCleanup: z.boolean(),
  shutdown: z.object({
    timeoutMs: z.int().min(0).max(SHUTDOWN_MAX_MS),
    /** force: switched off when the guest does not obey; stop: the failover ends there, and the VM runs on. */
    policy: z.enum(['force', 'stop']),
  }),
  /** What becomes of a live failover that nobody decides about. */
  commit: z.object({ afterMs: z.int().positive(), then: z.enum(['commit', 'rollback']) }).nullable(),
  /** In the order of the VM's adapters. */
  networks: z.array(FailoverNetwork),
  /** Null: as the CloudStack configuration says. */
  serviceOfferingId: z.string().min(1).nullable(),
  templateId: z.string().min(1).nullable(),
});
export type FailoverOptions = z.output<typeof FailoverOptions>;

export interface OptionProblem {
  /** Field of the request, in the words of the API. */
  readonly path: string;
  readonly message: string;
}

/** What contradicts the kind of failover; nothing for options that may be accepted. */
export function optionProblems(options: FailoverOptions): OptionProblem[] {
  return options.type === 'live' ? liveProblems(options) : testProblems(options);
}

function liveProblems(options: FailoverOptions): OptionProblem[] {
  return found([
    [options.naming !== 'exact', 'vm_naming', 'a live failover keeps the name: exact'],
    [options.networkStrategy === 'test', 'network_strategy', 'a live failover never goes to an isolated network'],
    [options.testDurationMs !== null, 'test_duration', 'only a test ends by itself'],
    [options.autoCleanup, 'auto_cleanup', 'only a test is cleaned up by itself'],
  ]);
}

function testProblems(options: FailoverOptions): OptionProblem[] {
  return found([
    [options.naming !== 'suffixed', 'vm_naming', 'the VM of a test has a name of its own: suffixed'],
    [options.networkStrategy === 'live', 'network_strategy', 'a test never reaches production: test or custom'],
    [options.powerOffSource, 'power_off_source', 'a test never touches the source VM'],
    [options.performFinalSync, 'perform_final_sync', 'a test runs on the last committed point'],
    [options.commit !== null, 'commit', 'only a live failover is committed'],
    [options.networks.length === 0, 'network_mappings', 'a test needs an isolated network for each adapter'],
    [
      options.autoCleanup && options.testDurationMs === null,
      'test_duration',
      'without a duration nothing says when to clean up',
    ],
  ]);
}

function found(rules: readonly (readonly [isBroken: boolean, path: string, message: string])[]): OptionProblem[] {
  return rules.filter(([isBroken]) => isBroken).map(([, path, message]) => ({ path, message }));
}

/** Live, and the source is not asked for anything: it may be gone. */
export const isDisaster = (options: FailoverOptions): boolean =>
  options.type === 'live' && !options.powerOffSource && !options.performFinalSync;
