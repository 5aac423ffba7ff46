import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/base/errors.ts';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { endOf } from '../../../src/transfer/ranges.ts';
import { OperatorShell } from '../../support/command.ts';
import { copyExport, type CopySettings } from '../../support/nbd-copies.ts';
import { areEqual, startNbdkit, TestFolder, writeImage, type NbdServer } from '../../support/nbd-servers.ts';
import { RequestLog } from '../../support/request-log.ts';
import { until } from '../../support/until.ts';

/** Servers whose requests fail: now and then, for a while, in one place, always. */

const SIZE = 16 * MiB;
let folder: TestFolder;
let from: NbdServer;

beforeAll(async () => {
  folder = new TestFolder();
  await writeImage(folder.file('source'), SIZE, [
    { offset: 0, length: 5 * MiB },
    { offset: 7 * MiB, length: SIZE - 7 * MiB },
  ]);
  from = await startNbdkit(folder, 'file', folder.file('source'));
});

afterAll(async () => {
  await from[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const startTarget = (...settings: string[]): Promise<NbdServer> => {
  const filters = settings.filter((setting) => setting.startsWith('-'));
  const rest = settings.filter((setting) => !setting.startsWith('-'));
  return startNbdkit(folder, ...filters, 'memory', String(SIZE), ...rest);
};

const startSource = (...settings: string[]): Promise<NbdServer> => {
  const filters = settings.filter((setting) => setting.startsWith('-'));
  const rest = settings.filter((setting) => !setting.startsWith('-'));
  return startNbdkit(folder, ...filters, 'file', folder.file('source'), ...rest);
};

const small = { requestBytes: 128 * KiB };
/** So many requests that one in fifty fails in every run: that none does is a matter of 10^-7. */
const tiny = { requestBytes: 16 * KiB };

/** The error of a copy that must fail; with a code, the export and the place. */
async function failure(source: NbdServer, target: NbdServer, settings: CopySettings = {}): Promise<AppError> {
  const error: unknown = await copyExport(source.uri(), target.uri(), settings).catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error(`no coded error but ${String(error)}`);
  return error;
}

describe('requests that fail now and then are sent again', () => {
  test.each<[string, string[], string[], boolean, { requestBytes: number }?]>([
    ['reads of the source', ['error-pread-rate=20%'], [], true],
    ['reads of the source, twice in a hundred', ['error-pread-rate=2%'], [], true, tiny],
    ['reads for lack of memory', ['error-pread-rate=20%', 'error=ENOMEM'], [], true],
    ['questions about extents', ['error-extents-rate=50%'], [], false],
    ['writes', [], ['error-pwrite-rate=20%'], true],
    ['writes, twice in a hundred', [], ['error-pwrite-rate=2%'], true, tiny],
    ['writes of zeros', [], ['error-zero-rate=30%'], false],
    ['everything', ['error-rate=10%'], ['error-pwrite-rate=10%', 'error-zero-rate=10%'], true],
  ])('%s', async (...row) => {
    const [, ofSource, ofTarget, mustRetry, copy = small] = row;
    await using source = await startSource('--filter=error', ...ofSource);
    await using target = await startTarget('--filter=error', ...ofTarget);
    const patient = { retries: 40 };
    const result = await copyExport(source.uri(), target.uri(), { source: patient, target: patient, copy });
    expect(await areEqual(from.uri(), target.uri())).toBe(true);
    expect(result.bytesCopied + result.bytesZeroed).toBe(SIZE);
    if (mustRetry) expect(result.retries).toBeGreaterThan(0);
  });

  test('those for a while too, by the command', async () => {
    const [broken, log] = [folder.file('broken'), folder.file('log1')];
    await writeFile(broken, '');
    const failing = ['--filter=error', 'error-rate=100%', `error-file=${broken}`, 'error=EIO'];
    await using source = await startSource('--filter=log', `logfile=${log}`, ...failing);
    await using target = await startTarget(...failing);
    using shell = new OperatorShell();
    const running = shell.start(['copy', source.uri(), target.uri(), '--retries', '100', '--json']);
    // Extents that are refused are not asked for again.
    const isRefused = (): boolean =>
      RequestLog.read(log)
        .of('Read')
        .some(({ isOk, endedAt }) => !isOk && endedAt < Infinity);
    await until(isRefused, { withinMs: 60 * SECOND, what: 'a request that fails' });
    await rm(broken);
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { retries: number }).retries).toBeGreaterThan(0);
    expect(await areEqual(from.uri(), target.uri())).toBe(true);
  });
});

describe('requests that always fail end the copy with what the server said, where and on what', () => {
  const codes = [
    ['EPERM', 'nbd.not-permitted'],
    ['EIO', 'nbd.io-error'],
    ['ENOMEM', 'nbd.out-of-memory'],
    ['EINVAL', 'nbd.invalid-request'],
    ['ENOSPC', 'nbd.no-space'],
    ['ESHUTDOWN', 'nbd.shutting-down'],
  ] as const;

  test.each(codes)('%s of a read', async (name, code) => {
    await using source = await startSource('--filter=error', 'error-pread-rate=100%', `error=${name}`);
    await using target = await startTarget();
    const error = await failure(source, target, { source: { retries: 1 } });
    expect(error).toMatchObject({ code, details: { device: source.uri(), command: 'read' } });
    expect(error.message).toMatch(new RegExp(`^read of \\d+ bytes at offset \\d+ failed on nbd\\+unix:.*: ${name}`));
    expect(error.message).toContain(source.uri());
  });

  test.each(codes)('%s of a write', async (name, code) => {
    await using target = await startTarget('--filter=error', 'error-pwrite-rate=100%', `error=${name}`);
    const error = await failure(from, target, { target: { retries: 1 } });
    expect(error).toMatchObject({ code, details: { device: target.uri(), command: 'write' } });
    expect(error.message).toMatch(/^write of \d+ bytes at offset \d+ failed on/);
  });

  test('EIO of a write of zeros', async () => {
    await using target = await startTarget('--filter=error', 'error-zero-rate=100%', 'error=EIO');
    const error = await failure(from, target, { target: { retries: 1 } });
    expect(error).toMatchObject({ code: 'nbd.io-error', details: { command: 'write of zeros', device: target.uri() } });
  });

  test('zeroing that a server refuses as such is done by writing zeros', async () => {
    for (const refusal of ['EINVAL', 'EPERM']) {
      await using target = await startTarget('--filter=error', 'error-zero-rate=100%', `error=${refusal}`);
      if (refusal === 'EPERM') {
        expect(await failure(from, target)).toMatchObject({ code: 'nbd.not-permitted' });
      } else {
        await copyExport(from.uri(), target.uri());
        expect(await areEqual(from.uri(), target.uri())).toBe(true);
      }
    }
  });

  test('a protected range, to the byte, by the command', async () => {
    const at = 9 * MiB + 512;
    await using target = await startTarget('--filter=protect', `protect=${at}-${at + 511}`);
    using shell = new OperatorShell();
    const { code, stderr, stdout } = await shell.run([
      'copy',
      from.uri(),
      target.uri(),
      '--request-size',
      '4K',
      '--json',
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`write of 4096 bytes at offset ${9 * MiB} failed on ${target.uri()}: EPERM`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('a disk with bad sectors', () => {
  const bad = [
    { offset: 3 * MiB + 64 * KiB, length: 64 * KiB },
    { offset: 11 * MiB, length: 512 },
  ];

  async function startBroken(): Promise<NbdServer> {
    const lines = ['0x0 + 1'];
    let at = 0;
    for (const { offset, length } of bad) {
      lines.push(`0x${at.toString(16)} 0x${(offset - at).toString(16)} +`);
      lines.push(`0x${offset.toString(16)} 0x${length.toString(16)} -`);
      at = offset + length;
    }
    lines.push(`0x${at.toString(16)} 0x${(SIZE - at).toString(16)} +`);
    await writeFile(folder.file('map'), `${lines.join('\n')}\n`);
    const plugin = ['file', folder.file('source'), `ddrescue-mapfile=${folder.file('map')}`];
    return startNbdkit(folder, '--filter=ddrescue', ...plugin);
  }

  test('ends the copy with the place of one of them', async () => {
    await using source = await startBroken();
    await using target = await startTarget();
    const error = await failure(source, target, { source: { retries: 1 } });
    expect(error).toMatchObject({ code: 'nbd.io-error', details: { device: source.uri() } });
    const { offset, length } = error.details as { offset: number; length: number };
    expect(bad.some((range) => range.offset < offset + length && endOf(range) > offset)).toBe(true);
    expect(error.message).toContain(`at offset ${offset} failed on ${source.uri()}: EIO`);
  });

  test('exactly, when requests are as small as they are, and is copied around them', async () => {
    await using source = await startBroken();
    await using target = await startTarget();
    const settings = { source: { retries: 0 }, copy: { requestBytes: 64 * KiB, inFlight: 1 } };
    const error = await failure(source, target, settings);
    expect(error.details).toMatchObject({ offset: bad[0]?.offset, length: bad[0]?.length });

    const extents = [
      { offset: 0, length: 3 * MiB + 64 * KiB },
      { offset: 3 * MiB + 128 * KiB, length: 11 * MiB - 3 * MiB - 128 * KiB },
      { offset: 11 * MiB + 512, length: SIZE },
    ];
    await copyExport(source.uri(), target.uri(), { copy: { extents } });
    await copyExport(from.uri(), target.uri(), { copy: { extents: bad } });
    expect(await areEqual(from.uri(), target.uri())).toBe(true);
  });
});

describe('a server that pauses', () => {
  /** Tells nbdkit's pause filter; it answers when it has happened. */
  async function tell(socket: string, what: 'p' | 'r'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const control = connect(socket, () => control.write(what));
      control.once('data', () => {
        control.destroy();
        resolve();
      });
      control.once('error', reject);
    });
  }

  test('for less than the limit is waited for', async () => {
    const control = folder.file('pause1');
    await using target = await startTarget('--filter=pause', `pause-control=${control}`);
    await until(() => existsSync(control), { withinMs: 30 * SECOND, what: 'control socket' });
    await tell(control, 'p');
    const copying = copyExport(from.uri(), target.uri());
    setTimeout(() => void tell(control, 'r'), 1 * SECOND);
    expect(await copying).toMatchObject({ retries: 0, bytesTotal: SIZE });
    expect(await areEqual(from.uri(), target.uri())).toBe(true);
  });

  test('for more than the limit is asked again on new connections', async () => {
    const [control, log] = [folder.file('pause2'), folder.file('log2')];
    await using source = await startSource(
      // More threads abort when a client leaves while two of them answer it: see chaos.test.ts.
      '--threads=1',
      '--filter=log',
      '--filter=pause',
      `pause-control=${control}`,
      `logfile=${log}`,
    );
    await using target = await startTarget();
    await until(() => existsSync(control), { withinMs: 30 * SECOND, what: 'control socket' });
    await tell(control, 'p');
    await using own = await openNbdDevice(source.uri(), { readOnly: true, retries: 100, timeouts: { stallMs: 300 } });
    await using to = await openNbdDevice(target.uri());
    const copying = copyDisk({ source: own, target: to, lengthBytes: SIZE, useSourceExtents: false });
    await until(() => RequestLog.read(log).connects > 3, { withinMs: 60 * SECOND, what: 'new connections' });
    await tell(control, 'r');
    expect((await copying).retries).toBeGreaterThan(0);
    expect(await areEqual(from.uri(), target.uri())).toBe(true);
  });

  test('for good ends the copy with the export and the place', async () => {
    const control = folder.file('pause3');
    await using target = await startTarget('--filter=pause', `pause-control=${control}`);
    await until(() => existsSync(control), { withinMs: 30 * SECOND, what: 'control socket' });
    await tell(control, 'p');
    const timeouts = { stallMs: 300, flushMs: 300 };
    const error = await failure(from, target, { target: { retries: 2, timeouts } });
    expect(error).toMatchObject({ code: 'nbd.stalled', retry: 'backoff', details: { device: target.uri() } });
    expect(error.message).toMatch(/at offset \d+/);
  });
});
