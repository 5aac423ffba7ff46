import { expect, test } from '@jest/globals';
import type { CopyVerdict } from '../../../../src/domain/cbt/verdict.ts';
import { overlayKey } from '../../../../src/processors/replicate/disk-checkpoint.ts';

type Judged = Parameters<typeof overlayKey>[0];

const CHANGES: CopyVerdict = { mode: 'incremental', since: 'change-1', doubt: null };

/** Only what a key is made of. */
const judged = (change: { generation?: number; session?: string; snapshot?: string; to?: string; on?: string } = {}) =>
  ({
    disk: {
      targetGeneration: change.generation ?? 3,
      committedGeneration: change.generation ?? 3,
      volume: { volumeId: change.on ?? 'volume' },
    },
    source: { change_id: change.to ?? 'change-2' },
    session: { session_id: change.session ?? 'session', snapshot: change.snapshot ?? 'snapshot' },
  }) as Judged;

test('the overlay of a cycle goes on for nothing else', () => {
  const others = [
    judged({ generation: 4 }),
    judged({ session: 'another' }),
    judged({ snapshot: 'another' }),
    judged({ to: 'change-3' }),
    judged({ on: 'another' }),
  ];
  const keys = [judged(), ...others].map((of) => overlayKey(of, CHANGES));
  expect(new Set(keys).size).toBe(keys.length);
  expect(overlayKey(judged(), CHANGES)).toBe(keys[0]);
});
