import { describe, expect, test } from '@jest/globals';
import { CONTEXT_STATUSES, type ContextStatus } from '../../../../src/domain/context-status.ts';
import { assertMayFailOver } from '../../../../src/domain/failover/accept.ts';
import { FailoverOptions, isDisaster, optionProblems } from '../../../../src/domain/failover/options.ts';

const live: FailoverOptions = {
  type: 'live',
  powerOffSource: true,
  performFinalSync: true,
  skipValidation: false,
  skipVirtio: false,
  networkStrategy: 'live',
  naming: 'exact',
  testDurationMs: null,
  autoCleanup: false,
  shutdown: { timeoutMs: 120_000, policy: 'force' },
  commit: null,
  networks: [],
  serviceOfferingId: null,
  templateId: null,
};

const trial: FailoverOptions = {
  ...live,
  type: 'test',
  powerOffSource: false,
  performFinalSync: false,
  networkStrategy: 'test',
  naming: 'suffixed',
  testDurationMs: 7_200_000,
  networks: [{ sourceNetworkName: 'VM Network', destinationNetworkId: 'isolated' }],
};

const pathsOf = (options: FailoverOptions): string[] => optionProblems(options).map(({ path }) => path);

describe('the options of a failover', () => {
  test('are fine as the two kinds are meant', () => {
    expect([pathsOf(live), pathsOf(trial)]).toEqual([[], []]);
    expect(FailoverOptions.parse(trial)).toEqual(trial);
  });

  test('of a test neither touch the source nor its name nor production', () => {
    const wrong = { ...live, type: 'test', commit: { afterMs: 1, then: 'commit' } } as const;
    expect(pathsOf(wrong)).toEqual([
      'vm_naming',
      'network_strategy',
      'power_off_source',
      'perform_final_sync',
      'commit',
      'network_mappings',
    ]);
    expect(pathsOf({ ...trial, autoCleanup: true, testDurationMs: null })).toEqual(['test_duration']);
  });

  test('of a live failover keep the name, reach no isolated network and end by no clock of tests', () => {
    expect(pathsOf({ ...trial, type: 'live', autoCleanup: true })).toEqual([
      'vm_naming',
      'network_strategy',
      'test_duration',
      'auto_cleanup',
    ]);
  });

  test('tell a disaster: live, and the source is asked for nothing', () => {
    const alone = { ...live, powerOffSource: false, performFinalSync: false };
    expect([isDisaster(alone), isDisaster(live), isDisaster(trial)]).toEqual([true, false, false]);
  });
});

describe('a failover', () => {
  const codeOf = (status: ContextStatus, hasUsableCopy = true): string | undefined => {
    try {
      assertMayFailOver({ contextId: 'ctx', status, hasUsableCopy }, live);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('begins for a VM that is ready, or whose last replication failed, as long as its copy is whole', () => {
    const allowed = CONTEXT_STATUSES.filter((status) => codeOf(status) === undefined);
    expect(allowed).toEqual(['ready_for_failover', 'failed']);
    expect(codeOf('ready_for_failover', false)).toBe('failover.no-usable-copy');
    expect(codeOf('cleanup_required')).toBe('failover.not-allowed');
  });

  test('is refused with options of the other kind', () => {
    const subject = { contextId: 'ctx', status: 'ready_for_failover', hasUsableCopy: true } as const;
    expect(() => assertMayFailOver(subject, { ...trial, powerOffSource: true })).toThrow(
      'not a test failover: power_off_source',
    );
  });
});
