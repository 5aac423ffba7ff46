import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/base/errors.ts';
import { KiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import type { NbdDeviceOptions } from '../../../src/nbd/device-options.ts';
import { ChaosProxy, type Fault, type Weather } from '../../support/chaos-proxy.ts';
import { OperatorShell } from '../../support/command.ts';
import { copyExport } from '../../support/nbd-copies.ts';
import { noise, startNbdkit, TestFolder, writeUsed, type NbdServer } from '../../support/nbd-servers.ts';

/** A copy over a wire on which everything happens that happens to wires. */

const SIZE = 300 * KiB + 512;
const CONTENT = noise(SIZE, 77);

let folder: TestFolder;
/** By how it answers: in chunks, or with simple replies. */
let servers: Record<'structured' | 'simple', NbdServer>;

beforeAll(async () => {
  folder = new TestFolder();
  await writeFile(folder.file('source'), CONTENT);
  // With several threads this version of nbdkit aborts when a client vanishes while two of them write to it
  // (raw_send_socket: Assertion `sock >= 0' failed).
  const dir = ['--threads=1', 'file', `dir=${folder.path}`];
  servers = { structured: await startNbdkit(folder, ...dir), simple: await startNbdkit(folder, '--no-sr', ...dir) };
});

afterAll(async () => {
  await servers.structured[Symbol.asyncDispose]();
  await servers.simple[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Trial {
  /** Which side's wire has the weather. */
  readonly side: 'source' | 'target';
  readonly style?: keyof typeof servers;
  readonly weather: Weather;
  readonly transport?: 'tcp';
  readonly options?: NbdDeviceOptions;
}

/** Nothing that a wire does may take longer than this to come to an end. */
const BOUND_MS = 60 * SECOND;

let trials = 0;
/** As long as the names of the other targets: a handshake with it is as long as theirs. */
const PROBE = 'probe_0000';

/** One copy with one connection on each side. Returns what became of it; throws when bytes differ or it hangs. */
async function attempt({ side, weather, transport, options, style = 'structured' }: Trial) {
  const name = `target${String((trials += 1)).padStart(4, '0')}`;
  await writeUsed(folder.file(name), SIZE);
  await using proxy = await ChaosProxy.start(folder, servers[style], transport);
  proxy.weather = weather;
  const troubled: NbdDeviceOptions = { connections: 1, ...options };
  const exportName = side === 'source' ? 'source' : name;
  const [from, to] =
    side === 'source'
      ? [proxy.uri('source'), servers.simple.uri(name)]
      : [servers.simple.uri('source'), proxy.uri(name)];
  const copy = copyExport(from, to, {
    [side]: troubled,
    copy: { requestBytes: 64 * KiB, useSourceExtents: false },
  });
  const outcome = await within(
    copy.then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error }),
    ),
  );
  if (outcome.result !== undefined) {
    expect((await readFile(folder.file(name))).equals(CONTENT)).toBe(true);
    return { retries: outcome.result.retries, error: undefined, connections: proxy.traffic.length };
  }
  return { retries: 0, error: coded(outcome.error, exportName), connections: proxy.traffic.length };
}

/** Every error has a code, and names the export. */
function coded(error: unknown, exportName: string): AppError {
  if (!(error instanceof AppError)) throw error;
  expect(error.code).toMatch(/^nbd\./);
  expect(error.message).toContain(exportName);
  return error;
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`still running after ${BOUND_MS} ms`)), BOUND_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Much of a trial is waiting: some run at once. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}

/** Bytes that a server sends, and is sent, before the first request. */
async function handshakeBytes(style: keyof typeof servers, options: NbdDeviceOptions, exportName: string) {
  await using proxy = await ChaosProxy.start(folder, servers[style]);
  await using device = await openNbdDevice(proxy.uri(exportName), { ...options, connections: 1 });
  expect(device.sizeBytes).toBe(SIZE);
  return { toClient: proxy.traffic[0]?.toClient ?? 0, toServer: proxy.traffic[0]?.toServer ?? 0 };
}

const first = (...faults: Fault[]): Weather => ({ faults: (connection) => (connection === 0 ? faults : []) });
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, index) => from + index * step);

describe('a wire that is cut', () => {
  test('at any byte of the first handshake is an error with a code', async () => {
    const { toClient, toServer } = await handshakeBytes('structured', { readOnly: true }, 'source');
    const faults: Fault[] = [
      ...range(0, toClient).map((atByte) => ({ way: 'toClient' as const, atByte, does: 'cut' as const })),
      ...range(0, toServer, 3).map((atByte) => ({ way: 'toServer' as const, atByte, does: 'cut' as const })),
      ...range(0, toClient, 5).map((atByte) => ({ way: 'toClient' as const, atByte, does: 'half-close' as const })),
    ];
    await using proxy = await ChaosProxy.start(folder, servers.structured);
    for (const fault of faults) {
      proxy.weather = { faults: () => [fault] };
      const opening = openNbdDevice(proxy.uri('source'), { connections: 1, readOnly: true });
      const error = coded(await within(opening.catch((thrown: unknown) => thrown)), 'source');
      expect(error.code).toMatch(/^nbd\.(handshake-failed|connect-failed)$/);
    }
  });

  test('at a byte of the handshake of every second connection costs retries only', async () => {
    const { toClient } = await handshakeBytes('structured', { readOnly: true }, 'source');
    await each(range(0, toClient, 23), async (atByte) => {
      const faults = (connection: number): Fault[] => {
        if (connection === 0) return [{ way: 'toClient', atByte: toClient + 70 * KiB, does: 'cut' }];
        return connection === 1 ? [{ way: 'toClient', atByte, does: 'cut' }] : [];
      };
      const outcome = await attempt({ side: 'source', weather: { faults } });
      expect(outcome).toMatchObject({ error: undefined, connections: 3 });
      expect(outcome.retries).toBeGreaterThan(0);
    });
  });

  // Header of a chunk: 20 bytes, and 8 of its offset; of a simple reply: 16. Then the payload, and the next header.
  const interesting = [0, 1, 4, 8, 12, 15, 16, 17, 19, 20, 21, 27, 28, 29, 512, 64 * KiB, 64 * KiB + 20, 200 * KiB];

  test.each(['structured', 'simple'] as const)(
    'in any part of a %s reply to a read costs retries only',
    async (style) => {
      const start = (await handshakeBytes(style, { readOnly: true }, 'source')).toClient;
      await each(interesting, async (after) => {
        const does = after % 2 === 0 ? 'cut' : 'half-close';
        const weather = first({ way: 'toClient', atByte: start + after, does });
        const outcome = await attempt({ side: 'source', style, weather });
        expect(outcome).toMatchObject({ error: undefined, connections: 2 });
        expect(outcome.retries).toBeGreaterThan(0);
      });
    },
  );

  test('in the acknowledgement of a write, or in what is written, costs retries only', async () => {
    await writeUsed(folder.file(PROBE), SIZE);
    const start = await handshakeBytes('structured', {}, PROBE);
    const faults: Fault[] = [
      ...range(0, 33, 4).map((at) => ({ way: 'toClient' as const, atByte: start.toClient + at, does: 'cut' as const })),
      ...[0, 1, 27, 28, 29, 4096, 64 * KiB + 28, 150 * KiB].map((at) => ({
        way: 'toServer' as const,
        atByte: start.toServer + at,
        does: 'cut' as const,
      })),
    ];
    await each(faults, async (fault) => {
      const outcome = await attempt({ side: 'target', weather: first(fault) });
      expect(outcome).toMatchObject({ error: undefined, connections: 2 });
      expect(outcome.retries).toBeGreaterThan(0);
    });
  });

  test('on every connection, early in what it carries, ends the copy with the export and the place', async () => {
    const start = (await handshakeBytes('structured', { readOnly: true }, 'source')).toClient;
    const weather = { faults: () => [{ way: 'toClient', atByte: start + 100, does: 'cut' } as const] };
    const { error } = await attempt({ side: 'source', weather });
    expect(error).toMatchObject({
      code: 'nbd.connection-lost',
      retry: 'backoff',
      details: { offset: expect.any(Number), length: expect.any(Number) },
    });
  });
});

test.each(['source', 'target'] as const)('a wire to the %s that is reset costs retries only', async (side) => {
  await writeUsed(folder.file(PROBE), SIZE);
  const start = await handshakeBytes('simple', { readOnly: side === 'source' }, side === 'source' ? 'source' : PROBE);
  await each([0, 8, 16, 30], async (after) => {
    const fault: Fault = { way: 'toClient', atByte: start.toClient + after, does: 'reset' };
    const outcome = await attempt({ side, style: 'simple', weather: first(fault), transport: 'tcp' });
    expect(outcome).toMatchObject({ error: undefined, connections: 2 });
    expect(outcome.retries).toBeGreaterThan(0);
  });
});

describe('the command', () => {
  test('says how often it had to ask again', async () => {
    const start = (await handshakeBytes('simple', { readOnly: true }, 'source')).toClient;
    await writeUsed(folder.file(PROBE), SIZE);
    await using proxy = await ChaosProxy.start(folder, servers.simple);
    proxy.weather = first({ way: 'toClient', atByte: start + 100 * KiB, does: 'cut' });
    using shell = new OperatorShell();
    const copy = ['copy', proxy.uri('source'), servers.simple.uri(PROBE), '--connections', '1'];
    const result = await shell.json(copy);
    expect(result).toMatchObject({ exit: 0, bytes_total: SIZE, retries: expect.any(Number) });
    expect(result['retries']).toBeGreaterThan(0);
    expect((await readFile(folder.file(PROBE))).equals(CONTENT)).toBe(true);
  });

  test('ends in one line that names the export when a wire is cut again and again', async () => {
    const start = (await handshakeBytes('simple', { readOnly: true }, 'source')).toClient;
    await using proxy = await ChaosProxy.start(folder, servers.simple);
    proxy.weather = { faults: () => [{ way: 'toClient', atByte: start + 10, does: 'cut' }] };
    using shell = new OperatorShell();
    const copy = ['copy', proxy.uri('source'), servers.simple.uri(PROBE), '--connections', '1', '--retries', '2'];
    const { code, stdout, stderr } = await shell.run([...copy, '--json']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('/source?');
  });
});

describe('a wire that swallows everything', () => {
  const impatient: NbdDeviceOptions = {
    timeouts: { stallMs: 2 * SECOND, handshakeMs: 2 * SECOND, flushMs: 2 * SECOND },
  };

  test.each(['source', 'target'] as const)(
    'on the way to the %s for one connection costs retries only',
    async (side) => {
      await writeUsed(folder.file(PROBE), SIZE);
      const name = side === 'source' ? 'source' : PROBE;
      const start = await handshakeBytes('structured', { readOnly: side === 'source' }, name);
      const faults: Fault[] = [
        { way: 'toClient', atByte: start.toClient, does: 'blackhole' },
        { way: 'toClient', atByte: start.toClient + 21, does: 'blackhole' },
        { way: 'toServer', atByte: start.toServer + 28, does: 'blackhole' },
      ];
      await each(faults, async (fault) => {
        const outcome = await attempt({ side, weather: first(fault), options: impatient });
        expect(outcome).toMatchObject({ error: undefined, connections: 2 });
        expect(outcome.retries).toBeGreaterThan(0);
      });
    },
  );

  test('for good ends the copy with the export', async () => {
    const start = (await handshakeBytes('structured', { readOnly: true }, 'source')).toClient;
    const timeouts = { stallMs: 500, handshakeMs: 500, outageMs: 1 * SECOND };
    const faults = (connection: number): Fault[] => [
      { way: 'toClient', atByte: connection === 0 ? start + 40 : 0, does: 'blackhole' },
    ];
    const { error } = await attempt({ side: 'source', weather: { faults }, options: { timeouts } });
    expect(error?.code).toMatch(/^nbd\.(stalled|handshake-timeout)$/);
  });
});

describe('a byte that arrives changed', () => {
  const impatient: NbdDeviceOptions = { timeouts: { stallMs: 1 * SECOND }, retries: 20 };

  /** The header of a chunk and its offset, or that of a simple reply: everything but the payload. */
  test.each([
    ['chunk of a read', 'source', 'structured', 28],
    ['simple reply to a read', 'source', 'simple', 16],
    ['simple reply to a write', 'target', 'simple', 16],
  ] as const)('in the header of a %s is never a wrong byte on the target', async (...row) => {
    const [, side, style, bytes] = row;
    await writeUsed(folder.file(PROBE), SIZE);
    const name = side === 'source' ? 'source' : PROBE;
    const start = (await handshakeBytes(style, { readOnly: side === 'source' }, name)).toClient;
    const flips = range(0, bytes).flatMap((at) => [
      { at, bits: 0x01 },
      { at, bits: 0x80 },
    ]);
    const codes = new Set<string>();
    await each(flips, async ({ at, bits }) => {
      const weather = first({ way: 'toClient', atByte: start + at, does: 'flip', bits });
      const outcome = await attempt({ side, style, weather, options: impatient });
      if (outcome.error !== undefined) codes.add(outcome.error.code);
      // The magic and the cookie are told from others at once.
      else if (at < 4 || (at >= 8 && at < 16)) expect(outcome).toMatchObject({ connections: 2 });
    });
    // An error number that the server never sent is believed; nothing else may end the copy.
    for (const code of codes) expect(code).toMatch(/^nbd\.(not-permitted|invalid-request|not-supported|no-space)$/);
  });

  test('in a greeting is an error with a code', async () => {
    await using proxy = await ChaosProxy.start(folder, servers.structured);
    const opening = { connections: 1, readOnly: true, timeouts: { handshakeMs: 500 } };
    for (const atByte of range(0, 18)) {
      proxy.weather = { faults: () => [{ way: 'toClient', atByte, does: 'flip' }] };
      const opened = await within(openNbdDevice(proxy.uri('source'), opening).catch((thrown: unknown) => thrown));
      // The flags of the greeting: another style of the handshake, which the server speaks too, or refuses.
      if (opened instanceof Error) coded(opened, 'source');
      else await (opened as AsyncDisposable)[Symbol.asyncDispose]();
      if (atByte < 16) expect(opened).toMatchObject({ code: 'nbd.protocol' });
    }
  });
});

// Header of a request: 28 bytes, of which the last 12 are offset and length. Then what is written.
test.each([
  ['what is written', 28 + 1000],
  ['where it is written', 22],
])('a byte that arrives changed in %s is found by verification, and put right', async (_name, at) => {
  await writeUsed(folder.file(PROBE), SIZE);
  const start = (await handshakeBytes('simple', {}, PROBE)).toServer;
  await using proxy = await ChaosProxy.start(folder, servers.simple);
  proxy.weather = first({ way: 'toServer', atByte: start + at, does: 'flip', bits: 2 });
  using shell = new OperatorShell();
  const copy = ['copy', servers.simple.uri('source'), proxy.uri(PROBE), '--connections', '1', '--request-size', '64K'];
  const result = await shell.json([...copy, '--verify']);
  expect(result).toMatchObject({ exit: 0, verified: true, verify: { mode: 'full', mismatches: expect.any(Number) } });
  expect((result['verify'] as { mismatches: number }).mismatches).toBeGreaterThan(0);
  expect((await readFile(folder.file(PROBE))).equals(CONTENT)).toBe(true);
});

describe('a wire that is merely bad', () => {
  const odd = (): (() => number) => {
    let state = 1;
    return () => 1 + ((state = (state * 48_271) % 2_147_483_647) % 5_000);
  };

  test.each([
    ['slow', { latencyMs: 20 }],
    ['slow and cut into pieces of odd sizes', { latencyMs: 5, pieceBytes: odd() }],
  ])('because it is %s costs nothing but time', async (_name, weather) => {
    for (const side of ['source', 'target'] as const) {
      for (const style of ['structured', 'simple'] as const) {
        expect(await attempt({ side, style, weather })).toMatchObject({ error: undefined, retries: 0, connections: 1 });
      }
    }
  });

  test('because it brings one byte at a time costs nothing but time', async () => {
    let left = 3_000;
    const pieceBytes = (): number => ((left -= 1) > 0 ? 1 : 64 * KiB);
    for (const style of ['structured', 'simple'] as const) {
      left = 3_000;
      expect(await attempt({ side: 'source', style, weather: { pieceBytes } })).toMatchObject({
        error: undefined,
        retries: 0,
      });
      left = 3_000;
      expect(await attempt({ side: 'target', style, weather: { pieceBytes } })).toMatchObject({
        error: undefined,
        retries: 0,
      });
    }
  });
});
