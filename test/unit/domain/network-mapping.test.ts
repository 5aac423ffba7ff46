import { describe, expect, test } from '@jest/globals';
import { mappingStatus, sharedWithOtherKind, sourceNetworks } from '../../../src/domain/network-mapping.ts';

const mapped = (sourceNetworkName: string, isTestNetwork = false, destinationNetworkId = 'x') => ({
  sourceNetworkName,
  isTestNetwork,
  destinationNetworkId,
});

describe('the networks of a VM', () => {
  test('are those of its inventory, each once, and none of them has no name', () => {
    const networks = [{ network_name: 'b' }, { network_name: 'a' }, { network_name: 'b' }, { network_name: null }, {}];
    expect(sourceNetworks({ networks })).toEqual(['a', 'b']);
  });

  test.each([null, undefined, 7, {}, { networks: 'x' }, { networks: [7] }])('are not known from %p', (inventory) => {
    expect(sourceNetworks(inventory)).toEqual([]);
  });
});

describe('mappings', () => {
  test.each([
    ['none', [], []],
    ['partial', ['a'], []],
    ['partial', ['a'], ['b']],
    ['live', ['a', 'b'], ['a']],
    ['test', [], ['a', 'b']],
    ['full', ['a', 'b'], ['a', 'b']],
  ])('are %s with %j live and %j test', (readiness, live, test) => {
    const mappings = [...live.map((name) => mapped(name)), ...test.map((name) => mapped(name, true))];
    const status = mappingStatus(['a', 'b'], mappings);
    expect(status).toMatchObject({ readiness, total: mappings.length, live: live.length, test: test.length });
    expect(status.unmappedLive).toEqual(['a', 'b'].filter((name) => !live.includes(name)));
    expect(status.unmappedTest).toEqual(['a', 'b'].filter((name) => !test.includes(name)));
  });

  test('of networks that the VM has no more do not complete it', () => {
    expect(mappingStatus(['a'], [mapped('gone')])).toMatchObject({ isComplete: false, readiness: 'partial' });
  });

  test('of a VM whose networks are not known count as all when there is one', () => {
    expect(mappingStatus([], [])).toMatchObject({ isComplete: false, readiness: 'none' });
    expect(mappingStatus([], [mapped('a')])).toMatchObject({ isComplete: true, isTestComplete: false });
  });

  test('of a test share a destination with live ones only, and the other way round', () => {
    const mappings = [mapped('a', false, 'prod'), mapped('b', true, 'lab')];
    const wants = (destinationNetworkId: string, isTestNetwork: boolean): number =>
      sharedWithOtherKind(mappings, { destinationNetworkId, isTestNetwork }).length;
    expect([wants('prod', true), wants('lab', false)]).toEqual([1, 1]);
    expect([wants('prod', false), wants('lab', true), wants('other', true)]).toEqual([0, 0, 0]);
  });
});
