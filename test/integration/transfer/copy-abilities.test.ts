import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { normalise, sumBytes } from '../../../src/transfer/ranges.ts';
import { OperatorShell } from '../../support/command.ts';
import { HostileServer } from '../../support/hostile-server.ts';
import { copyExport, zerosOf } from '../../support/nbd-copies.ts';
import {
  areEqual,
  sha256OfFile,
  startNbdkit,
  TestFolder,
  writeImage,
  writeUsed,
  type NbdServer,
} from '../../support/nbd-servers.ts';
import { RequestLog, type LoggedRequest } from '../../support/request-log.ts';
import { until } from '../../support/until.ts';

/** What servers can and cannot do, and what they see of a copy that makes the best of it. */

const SIZE = 24 * MiB;
let folder: TestFolder;
let from: NbdServer;

beforeAll(async () => {
  folder = new TestFolder();
  await writeImage(folder.file('source'), SIZE, [
    { offset: 0, length: 9 * MiB + 4 * KiB },
    { offset: 13 * MiB, length: 512 },
    { offset: SIZE - 2 * MiB, length: 2 * MiB },
  ]);
  from = await startNbdkit(folder, 'file', folder.file('source'));
});

afterAll(async () => {
  await from[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A used target in a file that logs what it is asked; filters work below the log. */
async function usedTarget(own: TestFolder, filters: readonly string[], settings: readonly string[] = []) {
  await writeUsed(own.file('target'), SIZE);
  const above = ['--filter=log', ...filters.map((name) => `--filter=${name}`)];
  const server = await startNbdkit(
    own,
    ...above,
    'file',
    own.file('target'),
    `logfile=${own.file('log')}`,
    ...settings,
  );
  return {
    server,
    log: () => RequestLog.read(own.file('log')),
    isEqual: async () => (await sha256OfFile(own.file('target'))) === (await sha256OfFile(folder.file('source'))),
  };
}

/** Whether a successful FLUSH on this connection began after all that it carried had ended. */
function isFlushed(log: RequestLog, isCovered: (request: LoggedRequest) => boolean): boolean {
  const lastAt = Math.max(
    ...log
      .of('Write', 'Zero')
      .filter(isCovered)
      .map(({ endedAt }) => endedAt),
  );
  return log.of('Flush').some((flush) => isCovered(flush) && flush.begunAt > lastAt && flush.isOk);
}

const connectionsOf = (requests: readonly LoggedRequest[]): number[] => [
  ...new Set(requests.map(({ connection }) => connection)),
];

describe('a target', () => {
  test.each([
    ['without multi-conn', ['multi-conn'], ['multi-conn-mode=disable'], 1],
    ['with multi-conn of its own', ['multi-conn'], ['multi-conn-mode=auto'], 4],
    ['with multi-conn that a filter emulates', ['multi-conn'], ['multi-conn-mode=emulate'], 4],
    ['that takes one client', ['limit'], ['limit=1'], 1],
    ['that serves one connection at a time', ['noparallel'], ['serialize=connections'], 1],
    ['that serves one request at a time', ['noparallel'], ['serialize=all-requests'], 4],
  ])('%s is written to on as many connections as it takes, and flushed behind all of it', async (...row) => {
    const [, filters, settings, most] = row;
    using own = new TestFolder();
    const to = await usedTarget(own, filters, settings);
    await using _server = to.server;
    await copyExport(from.uri(), to.server.uri(), { target: { connections: 4 }, copy: { requestBytes: 64 * KiB } });

    expect(await to.isEqual()).toBe(true);
    const log = to.log();
    const writers = connectionsOf(log.of('Write', 'Zero'));
    expect(writers.length).toBeLessThanOrEqual(most);
    expect(log.written).toEqual([{ offset: 0, length: SIZE }]);
    // With multi-conn one FLUSH covers all connections; without, there is one only.
    expect(isFlushed(log, () => true)).toBe(true);
  });

  test.each([
    ['cannot zero', ['nozero'], ['zeromode=none']],
    ['has zeros written by its server', ['nozero'], ['zeromode=emulate']],
    ['zeroes without making holes', ['nozero'], ['zeromode=notrim']],
    ['claims no fast zeroes', ['nozero'], ['zeromode=plugin', 'fastzeromode=none']],
    ['calls every zeroing slow', ['nozero'], ['zeromode=plugin', 'fastzeromode=slow']],
    ['calls every zeroing fast', ['nozero'], ['zeromode=plugin', 'fastzeromode=ignore']],
    ['hides its FUA', ['fua'], ['fuamode=discard']],
    ['emulates FUA', ['fua'], ['fuamode=emulate']],
    ['flushes behind every write', ['fua'], ['fuamode=force']],
    ['knows no extents', ['noextents'], []],
    ['keeps writes apart in blocks', ['cow'], []],
  ])('that %s is equal and flushed', async (_name, filters, settings) => {
    using own = new TestFolder();
    const to = await usedTarget(own, filters, settings);
    await using _server = to.server;
    const result = await copyExport(from.uri(), to.server.uri());

    expect(await areEqual(from.uri(), to.server.uri())).toBe(true);
    if (filters[0] === 'cow') expect((await readFile(own.file('target'))).every((byte) => byte === 0xa5)).toBe(true);
    else expect(await to.isEqual()).toBe(true);
    expect(result.retries).toBe(0);
    expect(isFlushed(to.log(), () => true)).toBe(true);
    expect(to.log().of('Trim')).toEqual([]);
  });

  test('of which nothing is known gets each byte once', async () => {
    using own = new TestFolder();
    const to = await usedTarget(own, []);
    await using _server = to.server;
    const result = await copyExport(from.uri(), to.server.uri());
    const log = to.log();
    const requests = log.of('Write', 'Zero');
    expect(sumBytes(requests)).toBe(SIZE);
    expect(sumBytes(log.of('Write'))).toBe(result.bytesCopied);
    expect(log.of('Read')).toEqual([]);
  });
});

describe('a source', () => {
  /** The same image behind another server, whose requests are logged. */
  async function copyFrom(filters: readonly string[], ...settings: string[]) {
    using own = new TestFolder();
    const above = ['--filter=log', ...filters.map((name) => (name.startsWith('-') ? name : `--filter=${name}`))];
    const plugin = ['file', folder.file('source'), `logfile=${own.file('log')}`];
    await using source = await startNbdkit(own, ...above, ...plugin, ...settings);
    await writeUsed(own.file('target'), SIZE);
    await using to = await startNbdkit(own, 'file', own.file('target'));
    const zeros = filters.some((name) => name.startsWith('--')) ? [] : await zerosOf(source.uri());
    const before = RequestLog.read(own.file('log')).requests.length;
    const result = await copyExport(source.uri(), to.uri(), { source: { connections: 4 } });
    expect(await sha256OfFile(own.file('target'))).toBe(await sha256OfFile(folder.file('source')));
    const log = RequestLog.read(own.file('log'));
    return { result, log, requests: log.requests.slice(before), zeros };
  }

  test.each([
    ['without structured replies', ['--no-sr']],
    ['of the style before the fixed one', ['--mask-handshake=0']],
    ['that pads what it says', ['--mask-handshake=1']],
    ['that does not let padding be left out', ['--mask-handshake=2']],
  ])('%s is read', async (_name, options) => {
    const { result } = await copyFrom(options);
    expect(result.retries).toBe(0);
  });

  test('is asked for no zeros that it told of, and for nothing twice', async () => {
    const { requests, zeros } = await copyFrom([]);
    const reads = requests.filter(({ action }) => action === 'Read');
    const wide = zeros.filter(({ length }) => length >= 2 * MiB);
    expect(sumBytes(wide)).toBeGreaterThan(0);
    for (const { offset, length } of reads) {
      const isZero = wide.some((zero) => offset >= zero.offset && offset + length <= zero.offset + zero.length);
      expect(isZero).toBe(false);
    }
    expect(sumBytes(reads)).toBe(sumBytes(normalise(reads)));
    expect(normalise([...reads, ...zeros])).toEqual([{ offset: 0, length: SIZE }]);
  });

  test('that is read-only is read on several connections, multi-conn or not', async () => {
    const { requests } = await copyFrom(['-r', 'multi-conn'], 'multi-conn-mode=disable');
    const reads = requests.filter(({ action }) => action === 'Read');
    expect(connectionsOf(reads).length).toBeGreaterThan(1);
  });

  test('that could be written to and has no multi-conn is read on one', async () => {
    const { requests } = await copyFrom(['multi-conn'], 'multi-conn-mode=disable');
    expect(connectionsOf(requests)).toHaveLength(1);
  });

  test('whose second connection hangs is read on the first without waiting for it', async () => {
    const { requests } = await copyFrom(['noparallel'], 'serialize=connections');
    expect(connectionsOf(requests)).toHaveLength(1);
  });

  test('that answers late, and of its extents very late, is read', async () => {
    const late = ['delay-read=3ms', 'delay-open=200ms', 'delay-close=50ms', 'delay-extents=300ms'];
    const { result } = await copyFrom(['delay'], ...late);
    expect(result.bytesCopied).toBeLessThan(SIZE / 2 + 2 * MiB);
  });
});

describe('at the end of a copy', () => {
  test('both servers that wait for their last client end by themselves', async () => {
    using own = new TestFolder();
    await writeUsed(own.file('target'), SIZE);
    await using source = await startNbdkit(own, '--filter=exitlast', 'file', folder.file('source'));
    await using target = await startNbdkit(own, '--filter=exitlast', 'file', own.file('target'));
    using shell = new OperatorShell();
    const ended = await shell.json(['copy', source.uri(), target.uri(), '--connections', '4']);

    expect(ended).toMatchObject({ exit: 0, bytes_total: SIZE, retries: 0 });
    await until(() => source.hasEnded && target.hasEnded, { withinMs: 60 * SECOND, what: 'end of both servers' });
    expect(await sha256OfFile(own.file('target'))).toBe(await sha256OfFile(folder.file('source')));
  });

  test('a failed copy leaves no connection either', async () => {
    using own = new TestFolder();
    await using source = await startNbdkit(own, '--filter=exitlast', 'file', folder.file('source'));
    await using target = await startNbdkit(own, '--filter=exitlast', 'full', String(SIZE));
    using shell = new OperatorShell();
    const { code } = await shell.run(['copy', source.uri(), target.uri(), '--allow-no-flush']);
    expect(code).toBe(1);
    await until(() => source.hasEnded && target.hasEnded, { withinMs: 60 * SECOND, what: 'end of both servers' });
  });

  test('every connection says goodbye', async () => {
    using own = new TestFolder();
    await using server = await HostileServer.start(own, {});
    {
      await using source = await openNbdDevice(server.uri, { readOnly: true, connections: 3 });
      await using target = await openNbdDevice(server.uri, { connections: 3 });
      await until(() => server.connections === 6, { withinMs: 30 * SECOND, what: 'six connections' });
      await copyDisk({ source, target, lengthBytes: source.sizeBytes });
    }
    await until(() => server.goodbyes === 6, { withinMs: 30 * SECOND, what: 'six goodbyes' });
  });
});

test('a slow wire is not held up by what need not travel', async () => {
  // At this rate a GiB takes half a day.
  using own = new TestFolder();
  const size = 1024 * MiB;
  const layout = `@${5 * MiB} (1)*32768 @${900 * MiB} (2)*32768`;
  const plugin = ['data', layout, `size=${size}`];
  await using source = await startNbdkit(own, '--filter=rate', ...plugin, 'rate=512K');
  await using target = await startNbdkit(own, '--filter=rate', 'memory', String(size), 'rate=512K');
  const result = await copyExport(source.uri(), target.uri());
  expect(result.bytesCopied).toBeLessThanOrEqual(4 * 64 * KiB);
  await using plain = await startNbdkit(own, ...plugin);
  expect(await areEqual(plain.uri(), target.uri())).toBe(true);
});
