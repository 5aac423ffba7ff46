import { describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { noise, startNbdkit, startQemuNbd, TestFolder, writeImage, type NbdServer } from '../../support/nbd-servers.ts';

/** Real dialogues, each as often as a server sends bytes in it: once for every place at which these may come apart. */

const SIZE = 1 * MiB;
const ISLAND = { offset: 0, length: 64 * KiB };

type Dialogue = (uri: string) => Promise<Record<string, unknown>>;

/** What each dialogue hears at least. */
const EXPECTED = { isRight: true };

async function reading(uri: string): Promise<Record<string, unknown>> {
  await using device = await openNbdDevice(uri, { readOnly: true, connections: 1, retries: 0 });
  const data = Buffer.alloc(512);
  const extents = device.features.canExtents ? await device.extents(0, SIZE) : [];
  await device.read(512, data);
  return { extents, isRight: data.equals(noise(1024, 1).subarray(512)) };
}

async function writing(uri: string): Promise<Record<string, unknown>> {
  await using device = await openNbdDevice(uri, { connections: 1, retries: 0 });
  const failing = device.write(SIZE - 512, Buffer.alloc(512, 9)).then(
    () => 'written',
    (error: { code: string }) => error.code,
  );
  await Promise.all([device.write(2048, noise(512, 5)), device.zero(768 * KiB, 4 * KiB), failing]);
  await device.flush();
  const code = await failing;
  return { code, isRight: code === 'nbd.not-permitted' };
}

/** Runs a dialogue once as it is, then once for every byte of the server with a break before it. */
async function splitEverywhere(folder: TestFolder, server: NbdServer, dialogue: Dialogue): Promise<void> {
  await using proxy = await ChaosProxy.start(folder, server);
  const uri = proxy.uri();
  const expected = await dialogue(uri);
  expect(expected).toMatchObject(EXPECTED);
  const bytes = proxy.traffic[0]?.toClient ?? 0;
  for (let atByte = 1; atByte < bytes; atByte += 1) {
    proxy.weather = { faults: () => [{ way: 'toClient', atByte, does: 'split' }] };
    const heard = await dialogue(uri);
    if (JSON.stringify(heard) !== JSON.stringify(expected))
      expect({ atByte, heard }).toEqual({ atByte, heard: expected });
  }
  expect(bytes).toBeGreaterThan(100);
}

const FAILING = [`protect=${SIZE - 512}-${SIZE - 1}`];

describe('what a server sends may come apart at any byte', () => {
  test.each([
    ['nbdkit in chunks', [], [reading, writing]],
    ['nbdkit with simple replies', ['--no-sr'], [reading]],
    ['nbdkit of the old handshake, with its padding', ['--mask-handshake=0'], [writing]],
  ])('%s', async (_name, options, dialogues) => {
    using folder = new TestFolder();
    await writeImage(folder.file('image'), SIZE, [ISLAND]);
    const plugin = ['file', folder.file('image'), ...FAILING];
    await using server = await startNbdkit(folder, ...options, '--filter=protect', ...plugin);
    for (const dialogue of dialogues) await splitEverywhere(folder, server, dialogue);
  });

  test('qemu-nbd in chunks', async () => {
    using folder = new TestFolder();
    await writeImage(folder.file('image'), SIZE, [ISLAND]);
    await using server = await startQemuNbd(folder, '--format=raw', '--shared=8', folder.file('image'));
    await splitEverywhere(folder, server, reading);
  });
});
