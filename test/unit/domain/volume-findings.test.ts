import { describe, expect, test } from '@jest/globals';
import {
  isConfirmed,
  judgeVolumes,
  VolumeFindingKind,
  volumeNameOf,
  volumeNextStep,
  type Books,
  type KnownMapping,
  type KnownVolume,
  type ListedVolume,
} from '../../../src/domain/volume-findings.ts';

const GIB = 1024 ** 3;
const NAME = volumeNameOf('ctx-web-1', 'disk-0');

const listed = (columns: Partial<ListedVolume> = {}): ListedVolume => ({
  id: 'v1',
  name: NAME,
  sizeBytes: GIB,
  vmId: undefined,
  isBusy: false,
  ...columns,
});
const known = (columns: Partial<KnownVolume> = {}): KnownVolume => ({
  id: 'v1',
  name: NAME,
  contextId: 'ctx-web-1',
  sizeBytes: GIB,
  mapping: undefined,
  ...columns,
});
const at = (vmId: string, columns: Partial<KnownMapping> = {}): KnownMapping => ({
  vmId,
  cloudstackState: 'attached',
  linuxState: 'detected',
  linuxReason: null,
  ...columns,
});
const books = (columns: Partial<Books> = {}): Books => ({
  volumes: [],
  disks: [{ contextId: 'ctx-web-1', diskId: 'disk-0' }],
  contextIds: ['ctx-web', 'ctx-web-1'],
  busy: new Set(),
  ...columns,
});
const kinds = (there: ListedVolume[], written: Partial<Books>): string[] =>
  judgeVolumes(there, books(written)).map((finding) => finding.kind);

describe('our books and the volumes of a cloud', () => {
  const cases: readonly [string, ListedVolume[], Partial<Books>, string[]][] = [
    ['agree about a detached volume', [listed()], { volumes: [known()] }, []],
    ['agree about an attached one', [listed({ vmId: 'oma' })], { volumes: [known({ mapping: at('oma') })] }, []],
    ['do not speak of volumes of other people', [listed({ id: 'x', name: 'data-17' })], {}, []],
    ['have an orphan', [listed()], {}, ['orphan']],
    [
      'have a volume of a VM that nobody knows',
      [listed({ name: 'migration-ctx-mail-disk-0' })],
      {},
      ['unknown-context'],
    ],
    ['have one that is gone', [], { volumes: [known()] }, ['gone']],
    [
      'have one that is attached elsewhere',
      [listed({ vmId: 'other' })],
      { volumes: [known({ mapping: at('oma') })] },
      ['attached-elsewhere'],
    ],
    ['have one attached by somebody', [listed({ vmId: 'other' })], { volumes: [known()] }, ['attached-elsewhere']],
    ['have one that was taken off', [listed()], { volumes: [known({ mapping: at('oma') })] }, ['not-attached']],
    [
      'have an attach whose end nobody saw',
      [listed({ vmId: 'oma' })],
      { volumes: [known({ mapping: at('oma', { cloudstackState: 'attaching' }) })] },
      ['attach-unfinished'],
    ],
    ['differ in a size', [listed({ sizeBytes: 2 * GIB })], { volumes: [known()] }, ['other-size']],
    ['do not guess a size that is not told', [listed({ sizeBytes: undefined })], { volumes: [known()] }, []],
    [
      'have two of one name',
      [listed(), listed({ id: 'v2' })],
      { volumes: [known()] },
      ['orphan', 'same-name', 'same-name'],
    ],
    ['do not mind two of one name of other people', [listed({ name: 'a' }), listed({ id: 'v2', name: 'a' })], {}, []],
    [
      'know a device that is not used',
      [listed({ vmId: 'oma' })],
      { volumes: [known({ mapping: at('oma', { linuxState: 'missing', linuxReason: 'no device' }) })] },
      ['device'],
    ],
    ['say nothing of a volume that an operation works on', [], { volumes: [known()], busy: new Set(['v1']) }, []],
    ['say nothing of a volume that is being made', [listed()], { busy: new Set([NAME]) }, []],
    ['say nothing of a volume that the cloud works on', [listed({ isBusy: true })], {}, []],
  ];
  test.each(cases.map(([what, ...rest]) => ({ what, rest })))('$what', ({ rest: [there, written, expected] }) => {
    expect(kinds(there, written)).toEqual(expected);
  });

  test('tell the disk of an orphan by the whole name, not by what it begins with', () => {
    const [finding] = judgeVolumes([listed()], books());
    expect(finding).toMatchObject({ contextId: 'ctx-web-1', details: { disk_id: 'disk-0' } });
    const [other] = judgeVolumes([listed({ name: volumeNameOf('ctx-web-1', 'disk-7') })], books());
    expect(other).toMatchObject({ kind: 'orphan', details: { disk_id: null } });
  });

  test('are believed after the second look, and every finding has a next step', () => {
    expect([1, 2, 3].map((looks) => isConfirmed({ looks }))).toEqual([false, true, true]);
    for (const kind of VolumeFindingKind.options) expect(volumeNextStep(kind).length).toBeGreaterThan(20);
  });
});
