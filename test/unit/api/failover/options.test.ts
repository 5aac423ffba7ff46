import { describe, expect, test } from '@jest/globals';
import { spelled } from '../../../../src/api/failover/estimate.ts';
import { optionsOf, type AskedFailover } from '../../../../src/api/failover/options.ts';
import { questionsOf } from '../../../../src/domain/failover/defaults.ts';
import { goodFacts } from '../../../support/readiness-facts.ts';
import { thrownBy } from '../../../support/thrown.ts';

const options = (asked: AskedFailover) => optionsOf(asked, goodFacts());

describe('the options of a failover', () => {
  test.each(['live', 'test'] as const)('of type %s are what its preflight says where nothing is said', (type) => {
    const told = Object.entries(questionsOf(type)).map(([field, question]) => [field, question.default]);
    const said = Object.fromEntries(told) as object;
    expect(options({ failover_type: type })).toEqual(options({ failover_type: type, ...said }));
  });

  test('are resolved and frozen: networks, durations, what follows', () => {
    const custom_config = { commit_after: '90m', commit_then: 'commit', shutdown_timeout_seconds: 30 } as const;
    expect(options({ failover_type: 'live', network_strategy: 'production', custom_config })).toMatchObject({
      networkStrategy: 'live',
      naming: 'exact',
      shutdown: { timeoutMs: 30_000, policy: 'force' },
      commit: { afterMs: 5_400_000, then: 'commit' },
      networks: [{ sourceNetworkName: 'VM Network', destinationNetworkId: 'prod', macAddress: '00:50:56:00:00:01' }],
    });
    expect(options({ failover_type: 'test' })).toMatchObject({
      testDurationMs: 7_200_000,
      networks: [{ destinationNetworkId: 'lab' }],
    });
    expect(options({ failover_type: 'test', network_mappings: { 'VM Network': 'mine' } })).toMatchObject({
      networkStrategy: 'custom',
      networks: [{ destinationNetworkId: 'mine' }],
    });
  });

  test.each<[string, AskedFailover]>([
    ['vm_naming', { failover_type: 'live', vm_naming: 'suffixed' }],
    ['network_strategy', { failover_type: 'live', network_strategy: 'isolated' }],
    ['test_duration', { failover_type: 'live', test_duration: '1h' }],
    ['auto_cleanup', { failover_type: 'live', auto_cleanup: true }],
    ['vm_naming', { failover_type: 'test', vm_naming: 'exact' }],
    ['network_strategy', { failover_type: 'test', network_strategy: 'live' }],
    ['power_off_source', { failover_type: 'test', power_off_source: true }],
    ['perform_final_sync', { failover_type: 'test', perform_final_sync: true }],
    ['test_duration', { failover_type: 'test', test_duration: '9999h' }],
    ['network_mappings', { failover_type: 'test', network_strategy: 'custom' }],
    ['network_mappings', { failover_type: 'live', network_strategy: 'live', network_mappings: { a: 'b' } }],
    ['custom_config.commit_after', { failover_type: 'live', custom_config: { commit_after: '1h' } }],
    ['custom_config.commit_after', { failover_type: 'live', custom_config: { commit_then: 'commit' } }],
  ])('are refused, naming %s: %j', (field, asked) => {
    const error = thrownBy(() => options(asked));
    expect(error).toMatchObject({ code: 'failover.options', kind: 'invalid-request' });
    expect(error).toMatchObject({
      details: { errors: expect.arrayContaining([expect.objectContaining({ path: field })]) },
    });
  });
});

test('durations are spelled as people say them', () => {
  expect([0, 59, 61, 3_600, 7_500].map(spelled)).toEqual(['0s', '59s', '1m', '1h 0m', '2h 5m']);
});
