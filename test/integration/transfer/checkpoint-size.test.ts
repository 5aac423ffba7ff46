import { expect, test } from '@jest/globals';
import { GiB, KiB, MiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { normalise } from '../../../src/transfer/ranges.ts';
import { startNbdkit, TestFolder } from '../../support/nbd-servers.ts';

const SIZE = 1024 * GiB;
const EXTENTS = 20_000;

test('a copy of many scattered extents is remembered as a few stretches, at any moment', async () => {
  using folder = new TestFolder();
  await using from = await startNbdkit(folder, 'pattern', String(SIZE));
  await using to = await startNbdkit(folder, 'memory', String(SIZE));
  await using source = await openNbdDevice(from.uri(), { readOnly: true });
  await using target = await openNbdDevice(to.uri());
  const extents = Array.from({ length: EXTENTS }, (_, at) => ({ offset: at * 40 * MiB + 4 * KiB, length: 4 * KiB }));
  let done: ByteRange[] = [];
  let most = 0;
  let saves = 0;
  const save = (ranges: readonly ByteRange[]): Promise<void> => {
    done = normalise([...done, ...ranges]);
    most = Math.max(most, done.length);
    saves += 1;
    return Promise.resolve();
  };
  await copyDisk({
    source,
    target,
    lengthBytes: SIZE,
    extents,
    checkpoint: { done: [], save, everyBytes: EXTENTS * 200 },
  });
  const last = extents.at(-1) ?? { offset: 0, length: 0 };
  expect(done).toEqual([{ offset: 0, length: last.offset + last.length }]);
  expect(saves).toBeGreaterThan(10);
  // Chunks that were still under way at the moment of the FLUSH leave holes.
  expect(most).toBeLessThanOrEqual(65);

  // All but a hole was done: nothing else is copied.
  const rest = await copyDisk({
    source,
    target,
    lengthBytes: SIZE,
    extents,
    checkpoint: {
      done: [
        { offset: 0, length: 400 * MiB },
        { offset: 480 * MiB, length: SIZE - 480 * MiB },
      ],
      save: () => Promise.resolve(),
    },
  });
  expect(rest).toMatchObject({ bytesCopied: 8 * KiB, resumedBytes: (EXTENTS - 2) * 4 * KiB });
});
