import { on } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import type { FromReader } from '../../../src/transfer/verify/reader-messages.ts';
import {
  type NbdServer,
  sha256OfFile,
  sourceAndUsedTarget,
  type SourceAndTarget,
  startNbdkit,
  TestFolder,
} from '../../support/nbd-servers.ts';
import { copyBetween, damage, VERIFIED_REQUEST } from '../../support/verified-copies.ts';

jest.setTimeout(120 * SECOND);

const READER_MODULE = pathToFileURL(join(process.cwd(), 'src/cli/verify-thread.ts'));
/** Enough that another thread is taken at all. */
const SIZE = 288 * MiB;
const DATA = [
  { offset: 0, length: 130 * MiB },
  { offset: 150 * MiB + 512, length: 90 * MiB },
];
/** One in every 8 MiB, in data and in zeros: some for each thread. */
const DAMAGED = Array.from({ length: SIZE / (8 * MiB) }, (_, n) => n * 8 * MiB + 12_345);

describe('a full verification by two threads', () => {
  const folder = new TestFolder();
  let files: SourceAndTarget;
  let from: NbdServer;
  let to: NbdServer;
  let uris: { from: string; to: string };

  beforeAll(async () => {
    files = await sourceAndUsedTarget(folder, SIZE, DATA);
    from = await startNbdkit(folder, '--readonly', 'file', files.image);
    to = await startNbdkit(folder, 'file', files.used);
    uris = { from: from.uri(), to: to.uri() };
  });
  afterAll(async () => {
    await Promise.all([from, to].map((server) => server[Symbol.asyncDispose]()));
    folder[Symbol.dispose]();
  });

  interface Heard {
    thread: Worker | undefined;
    bytes: number;
    differing: number;
  }

  /** Opens the target at `uri` and writes down what the thread says. */
  const reader = (heard: Heard, uri: string, onLooked?: (thread: Worker) => void) => (): Worker => {
    const options = { name: 'target', connections: 1, retries: 0, timeouts: { handshakeMs: 5 * SECOND } };
    const thread = new Worker(READER_MODULE, { workerData: { uri, options } });
    heard.thread = thread;
    thread.on('message', (message: FromReader) => {
      if (message.type !== 'looked') return;
      heard.bytes += message.bytes;
      heard.differing += message.differing.length;
      onLooked?.(thread);
    });
    return thread;
  };
  /**
   * The target as the thread that compares sees it: the other has time to come, and takes most. One for each test, because
   * nbdkit 1.32 may abort when a client vanishes in the midst of an answer.
   */
  const startSlow = (): Promise<NbdServer> => startNbdkit(folder, '--filter=delay', 'file', files.used, 'rdelay=20ms');
  const nobody = (): Heard => ({ thread: undefined, bytes: 0, differing: 0 });

  test('finds whatever either of them comes by, and repairs it', async () => {
    const heard = nobody();
    const first = nobody();
    let passes = 0;
    await using slow = await startSlow();
    const result = await copyBetween(folder, uris, {
      onReopen: async (time, { readOnly }) => {
        if (time === 1) await damage(files.used, ...DAMAGED);
        return readOnly ? slow.uri() : undefined;
      },
      openReader: () => reader((passes += 1) === 1 ? first : heard, uris.to)(),
    });
    expect(result.verify).toMatchObject({ mode: 'full', bytesVerified: SIZE, mismatches: DAMAGED.length });
    expect(first.differing).toBeGreaterThan(0);
    expect(first.differing).toBeLessThan(DAMAGED.length);
    // The pass over the repairs is too short for another thread; the last one is over everything again.
    expect(passes).toBe(2);
    expect(heard.bytes).toBeGreaterThan(VERIFIED_REQUEST);
    expect(heard.bytes).toBeLessThan(SIZE);
    expect(await sha256OfFile(files.used)).toBe(await sha256OfFile(files.image));
    expect([first.thread?.threadId, heard.thread?.threadId]).toEqual([-1, -1]);
  });

  test('does without the other when that gets no connection, or sees another disk', async () => {
    await using small = await startNbdkit(folder, 'memory', String(SIZE - MiB));
    for (const uri of ['nbd+unix:///?socket=/nonexistent', small.uri()]) {
      const heard = nobody();
      const result = await copyBetween(folder, uris, { openReader: reader(heard, uri) });
      expect(result.verify).toMatchObject({ bytesVerified: SIZE, mismatches: 0 });
      expect(heard).toMatchObject({ bytes: 0, thread: { threadId: -1 } });
    }
  });

  test('answers one place, fewer than it reads at a time, and more', async () => {
    const first = { kind: 'zero', offset: 0, length: 4096 } as const;
    const hole = { kind: 'zero', offset: 130 * MiB, length: 4096 } as const;
    await using thread = reader(nobody(), uris.from)();
    const says = on(thread, 'message', { signal: AbortSignal.timeout(60 * SECOND) });
    const next = async (): Promise<unknown> => ((await says.next()).value as unknown[])[0];
    const device = await openNbdDevice(uris.from, { name: 'target', readOnly: true });
    const target = { sizeBytes: device.sizeBytes, limits: device.limits };
    await device.close();
    thread.postMessage({ type: 'begin', target, longestBytes: MiB });
    expect(await next()).toEqual({ type: 'ready' });
    for (const places of [[hole], [first, hole], Array.from({ length: 20 }, () => hole), [first]]) {
      thread.postMessage({ type: 'places', places });
      const differing = places.filter((place) => place === first);
      expect(await next()).toEqual({ type: 'looked', bytes: places.length * 4096, differing });
    }
  });

  test('fails when the other ends with places in its hands', async () => {
    const heard = nobody();
    await using slow = await startSlow();
    await using own = await startNbdkit(folder, 'file', files.used);
    const openReader = reader(heard, own.uri(), (thread) => void thread.terminate());
    await expect(
      copyBetween(folder, uris, { openReader, onReopen: () => Promise.resolve(slow.uri()) }),
    ).rejects.toMatchObject({
      code: 'transfer.thread-ended',
    });
    expect(heard.bytes).toBeLessThan(SIZE);
  });

  test('ends with an error that only the other meets', async () => {
    await using broken = await startNbdkit(
      folder,
      '--filter=error',
      'file',
      files.used,
      'error-pread=EIO',
      'error-pread-rate=100%',
    );
    await using slow = await startSlow();
    const openReader = reader(nobody(), broken.uri());
    await expect(
      copyBetween(folder, uris, { openReader, onReopen: () => Promise.resolve(slow.uri()) }),
    ).rejects.toMatchObject({
      code: 'nbd.io-error',
      message: expect.stringMatching(/offset/),
    });
  });
});
