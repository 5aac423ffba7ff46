import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { cancelled } from '../../../src/base/errors.ts';
import { MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice, type NbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import type { CopyOptions, CopyResult } from '../../../src/transfer/copy-options.ts';
import { normalise } from '../../../src/transfer/ranges.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';
import type { FromThread } from '../../../src/transfer/thread-messages.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import {
  type NbdServer,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  TestFolder,
} from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';

const THREAD_MODULE = pathToFileURL(join(process.cwd(), 'src/cli/copy-thread.ts'));
/** Enough that more threads are taken at all. */
const SIZE = 288 * MiB;
const DATA = [
  { offset: 0, length: 100 * MiB },
  { offset: 120 * MiB + 512, length: 130 * MiB },
];

const threads: Worker[] = [];

afterEach(async () => {
  // Every thread has ended with its copy.
  await until(() => threads.every((thread) => thread.threadId === -1), {
    withinMs: 10 * SECOND,
    what: 'end of threads',
  });
  threads.length = 0;
});

interface Ends {
  readonly from: NbdServer;
  readonly to: NbdServer;
}

interface OpenEnds extends Ends {
  readonly source: NbdDevice;
  readonly target: NbdDevice;
}

interface Watched extends Partial<CopyOptions> {
  /** The other thread has its devices open. */
  readonly onReady?: () => void;
  /** Where the other thread finds its target, and who hears that it is over. */
  readonly elsewhere?: { readonly uri: string; readonly onEnd: () => void };
}

/** Two threads that carry, this one and another. */
function copy(ends: OpenEnds, { onReady, elsewhere, ...options }: Watched = {}): Promise<CopyResult> {
  const { source, target } = ends;
  const side = (device: NbdDevice, readOnly: boolean) => ({
    uri: device.uri,
    options: { name: device.name, readOnly, connections: 1, timeouts: { handshakeMs: 5 * SECOND } },
  });
  const openThread = (): Worker => {
    const thread = new Worker(THREAD_MODULE, {
      workerData: {
        source: side(source, true),
        target: { ...side(target, false), uri: elsewhere?.uri ?? target.uri },
      },
    });
    threads.push(thread);
    thread.on('exit', () => elsewhere?.onEnd());
    thread.on('message', ({ type }: FromThread) => {
      if (type === 'ready') onReady?.();
    });
    return thread;
  };
  return copyDisk({ source, target, lengthBytes: SIZE, threads: 2, openThread, ...options });
}

async function open({ from, to }: Ends): Promise<OpenEnds & AsyncDisposable> {
  const source = await openNbdDevice(from.uri(), { readOnly: true, connections: 1 });
  const target = await openNbdDevice(to.uri(), { connections: 1, timeouts: { outageMs: 30 * SECOND } });
  const close = async () => void (await Promise.all([source.close(), target.close()]));
  return { from, to, source, target, [Symbol.asyncDispose]: close };
}

interface Logged {
  readonly connection: number;
  readonly line: number;
}

/** Requests of one kind in the log of nbdkit's filter. Source: nbdkit-log-filter(1), "EXAMPLE OUTPUT". */
async function logged(path: string, kind: 'Write' | 'Zero' | 'Flush'): Promise<(Logged & { range: ByteRange })[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((text, line) => {
    const match = new RegExp(
      `connection=(\\d+) ${kind} id=\\d+ (?:offset=0x([0-9a-f]+) count=0x([0-9a-f]+))?.*\\.\\.\\.$`,
    ).exec(text);
    if (match === null) return [];
    const range = { offset: parseInt(match[2] ?? '0', 16), length: parseInt(match[3] ?? '0', 16) };
    return [{ connection: Number(match[1]), line, range }];
  });
}

describe('a copy in two threads', () => {
  test('writes every byte once, over connections of both, and each of them flushes after its last write', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, '--filter=log', 'file', used, `logfile=${folder.file('log')}`);
    await using ends = await open({ from, to });

    // Next to nothing goes on before the other thread is there.
    const rate = new RateLimit(2 * MiB);
    const result = await copy(ends, { rate, onReady: () => rate.set(undefined) });

    expect(result).toMatchObject({ bytesTotal: SIZE, bytesSkipped: 0, retries: 0 });
    await ends.target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
    const writes = [...(await logged(folder.file('log'), 'Write')), ...(await logged(folder.file('log'), 'Zero'))];
    const flushes = await logged(folder.file('log'), 'Flush');
    expect(normalise(writes.map(({ range }) => range))).toEqual([{ offset: 0, length: SIZE }]);
    expect(writes.reduce((sum, { range }) => sum + range.length, 0)).toBe(SIZE);
    const writers = new Set(writes.map(({ connection }) => connection));
    expect(writers.size).toBe(2);
    for (const writer of writers) {
      const lastWrite = Math.max(...writes.filter((one) => one.connection === writer).map(({ line }) => line));
      expect(flushes.some(({ connection, line }) => connection === writer && line > lastWrite)).toBe(true);
    }
  });

  test('stays in one where the target lets nobody share it', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    const multi = ['--filter=multi-conn', '--filter=log'];
    const to = await startNbdkit(
      folder,
      ...multi,
      'file',
      used,
      'multi-conn-mode=disable',
      `logfile=${folder.file('log')}`,
    );
    await using _to = to;
    await using ends = await open({ from, to });
    await copy(ends);
    expect(threads).toEqual([]);
    await ends.target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('does without the other when that gets no connection', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, '--filter=limit', 'file', used, 'limit=1');
    await using ends = await open({ from, to });
    await copy(ends);
    expect(threads).toHaveLength(1);
    await ends.target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('does without the other when its connections take other requests than those that are planned', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const small = ['blocksize-minimum=4096', 'blocksize-preferred=64K', 'blocksize-maximum=256K'];
    const filters = ['--filter=log', '--filter=blocksize-policy'];
    const log = `logfile=${folder.file('log')}`;
    await using elsewhere = await startNbdkit(folder, ...filters, 'file', used, ...small, log);
    await using ends = await open({ from, to });
    const rate = new RateLimit(2 * MiB);
    const onReady = jest.fn(() => rate.set(undefined));
    await copy(ends, {
      rate,
      onReady,
      elsewhere: { uri: elsewhere.uri(), onEnd: () => rate.set(undefined) },
    });
    expect(onReady).not.toHaveBeenCalled();
    expect(await logged(folder.file('log'), 'Write')).toEqual([]);
    await ends.target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('survives a target that is killed and has lost what was not flushed', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, '--filter=cache', 'file', used, 'cache=writeback');
    await using ends = await open({ from, to });
    let killing: Promise<void> | undefined;
    const saved: ByteRange[] = [];
    const kill = async () => {
      await to.kill();
      await to.restart();
    };
    const rate = new RateLimit(2 * MiB);
    const result = await copy(ends, {
      rate,
      onReady: () => rate.set(undefined),
      checkpoint: { done: [], everyMs: 100, save: (ranges) => Promise.resolve(void saved.push(...ranges)) },
      progress: ({ bytesCopied }) => {
        if (bytesCopied > SIZE / 3) killing ??= kill();
      },
    });
    await killing;
    expect(result.retries).toBeGreaterThan(0);
    expect(normalise(saved)).toEqual([{ offset: 0, length: SIZE }]);
    await ends.target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('ends with the error of either, which names disk and place', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(
      folder,
      '--filter=protect',
      'file',
      used,
      `protect=${200 * MiB}-${201 * MiB - 1}`,
    );
    await using ends = await open({ from, to });
    await expect(copy(ends)).rejects.toMatchObject({
      code: 'nbd.not-permitted',
      details: expect.objectContaining({ device: ends.target.name, offset: expect.any(Number) }),
    });
  });

  test('ends at once when it is cancelled', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startNbdkit(folder, '--filter=rate', 'file', image, 'rate=200M');
    await using to = await startNbdkit(folder, 'file', used);
    await using ends = await open({ from, to });
    const stop = new AbortController();
    let isReady = false;
    const onReady = (): void => void (isReady = true);
    const progress: CopyOptions['progress'] = ({ bytesCopied }) => {
      if (isReady && bytesCopied > 20 * MiB) stop.abort(cancelled('job.cancelled', 'enough'));
    };
    const copying = copy(ends, { signal: stop.signal, progress, onReady });
    await expect(copying).rejects.toMatchObject({ code: 'job.cancelled' });
  });
});
