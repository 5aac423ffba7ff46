import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import type { NbdDeviceOptions } from '../../../src/nbd/device-options.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import {
  ACCEPT,
  FLAGS,
  good,
  HELLO,
  HostileServer,
  SIZE,
  type Malice,
  type Received,
} from '../../support/hostile-server.ts';
import { chunk, concat, infoExport, optionReply, simpleReply, u16, u32, u64 } from '../../support/nbd-bytes.ts';
import { startNbdkit, TestFolder } from '../../support/nbd-servers.ts';

/** Hangs up on the first request, and knows no export on the connections from..to. */
function forgetful(unknown: { from: number; to: number }): Malice {
  let connections = 0;
  return {
    get hello() {
      connections += 1;
      const isKnown = connections < unknown.from || connections > unknown.to;
      const refusal = concat(optionReply(8, 0x80000001), optionReply(7, 0x80000006));
      const bytes = concat(HELLO, isKnown ? ACCEPT : refusal);
      return { bytes, skipBytes: isKnown ? 4 + 16 + 25 : Infinity };
    },
    onRequest: (request) => (connections === 1 ? request.socket.destroy() : good(request)),
  };
}

const quick: NbdDeviceOptions = {
  connections: 1,
  retries: 1,
  timeouts: { handshakeMs: 500, stallMs: 300, flushMs: 400, outageMs: 500 },
};

describe('opening', () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', () => undefined, 'nbd.handshake-timeout'],
    ['hangs up at once', (socket) => socket.end(), 'nbd.handshake-failed'],
    ['is a web server', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'nbd.protocol'],
    ['stops in the middle', (socket) => socket.write(HELLO), 'nbd.handshake-timeout'],
    ['hangs up on the export', (socket) => socket.end(concat(HELLO, optionReply(8, 1))), 'nbd.handshake-failed'],
    ['goes on talking', (socket) => socket.write(concat(HELLO, ACCEPT, u32(1))), 'nbd.protocol'],
  ])('a server that %s is an error with a code', async (_name, onConnect, code) => {
    using folder = new TestFolder();
    await using server = await HostileServer.start(folder, { onConnect });
    await expect(openNbdDevice(server.uri, { ...quick, readOnly: false })).rejects.toMatchObject({ code });
  });

  test('no server at all is an error with a code', async () => {
    using folder = new TestFolder();
    await expect(openNbdDevice(`nbd+unix:///?socket=${folder.file('none')}`)).rejects.toMatchObject({
      code: 'nbd.connect-failed',
    });
  });

  test('an unknown export is told by its name', async () => {
    using folder = new TestFolder();
    await using server = await startNbdkit(folder, 'file', `dir=${folder.path}`);
    await expect(openNbdDevice(server.uri('nowhere'))).rejects.toMatchObject({
      code: expect.stringMatching(/^nbd\.(export-not-found|refused|handshake-failed)$/),
    });
  });

  test('an export that was served and is away for a moment is waited for: its server was started anew', async () => {
    using folder = new TestFolder();
    await using server = await HostileServer.start(folder, forgetful({ from: 2, to: 4 }));
    await using device = await openNbdDevice(server.uri, { connections: 1, retries: 5 });
    await device.read(0, Buffer.alloc(4096));

    expect(server.connections).toBe(5);
  });

  test('one that stays away ends the device with an error that is worth another attempt', async () => {
    using folder = new TestFolder();
    await using server = await HostileServer.start(folder, forgetful({ from: 2, to: Infinity }));
    await using device = await openNbdDevice(server.uri, quick);
    await expect(device.read(0, Buffer.alloc(4096))).rejects.toMatchObject({
      code: 'nbd.export-gone',
      retry: 'backoff',
      hint: expect.any(String),
    });
  });

  test('can be cancelled while the server says nothing', async () => {
    using folder = new TestFolder();
    await using server = await HostileServer.start(folder, { onConnect: () => undefined });
    const signal = AbortSignal.timeout(50);
    await expect(openNbdDevice(server.uri, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a connection', () => {
  test.each<[string, (request: Received) => void, string]>([
    ['answers with an unknown cookie', ({ socket }) => socket.write(simpleReply(u64(12345))), 'nbd.protocol'],
    ['answers with garbage', ({ socket }) => socket.write(Buffer.alloc(64, 0x55)), 'nbd.protocol'],
    [
      'answers with a chunk nobody agreed to',
      ({ socket, cookie }) => socket.write(chunk({ cookie, type: 0 })),
      'nbd.protocol',
    ],
    ['says nothing', () => undefined, 'nbd.stalled'],
    [
      'sends half of the data',
      ({ socket, cookie }) => socket.write(simpleReply(cookie, 0, Buffer.alloc(100))),
      'nbd.stalled',
    ],
    [
      'hangs up in the middle',
      ({ socket, cookie }) => socket.end(simpleReply(cookie, 0, Buffer.alloc(100))),
      'nbd.connection-lost',
    ],
    ['is shutting down', ({ socket, cookie }) => socket.write(simpleReply(cookie, 108)), 'nbd.shutting-down'],
    [
      'knows an error that nobody else knows',
      ({ socket, cookie }) => socket.write(simpleReply(cookie, 4711)),
      'nbd.invalid-request',
    ],
    ['has no memory', ({ socket, cookie }) => socket.write(simpleReply(cookie, 12)), 'nbd.out-of-memory'],
  ])('whose server %s ends the request with a code', async (_name, onRequest, code) => {
    using folder = new TestFolder();
    await using server = await HostileServer.start(folder, { onRequest });
    await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
    await expect(device.read(0, Buffer.alloc(4096))).rejects.toMatchObject({ code });
  });

  test('that gets a wrong answer is replaced, and the request repeated', async () => {
    using folder = new TestFolder();
    let answers = 0;
    await using server = await HostileServer.start(folder, {
      onRequest: (request) => {
        answers += 1;
        if (answers === 1) request.socket.write(simpleReply(u64(1)));
        else good(request);
      },
    });
    await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
    const into = Buffer.alloc(4096, 1);
    await device.read(0, into);
    expect(into.equals(Buffer.alloc(4096))).toBe(true);
    expect([server.connections, device.retries]).toEqual([2, 1]);
  });

  test('whose server announces its end and then stays is replaced', async () => {
    using folder = new TestFolder();
    let isFirst = true;
    await using server = await HostileServer.start(folder, {
      staysAfterGoodbye: true,
      onRequest: (request) => {
        if (isFirst) request.socket.write(simpleReply(request.cookie, 108));
        else good(request);
        isFirst = false;
      },
    });
    await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
    await device.read(0, Buffer.alloc(512));
    expect(server.connections).toBe(2);
  });

  describe('a server that may refuse to answer in one piece', () => {
    const accept = concat(
      optionReply(8, 1),
      optionReply(10, 0x80000001),
      optionReply(7, 3, infoExport(SIZE, FLAGS | 0x80)),
    );
    const hello = {
      bytes: concat(HELLO, accept, optionReply(7, 1)),
      skipBytes: 4 + 16 + (16 + 4 + 1 + 4 + 4 + 15) + 25,
    };
    const sevens = ({ cookie, offset, length }: Received): Buffer =>
      chunk({ cookie, type: 1, body: concat(u64(offset), Buffer.alloc(length, 7)) });
    const refusal = ({ cookie }: Received, errno: number): Buffer =>
      chunk({ cookie, type: 0x8001, body: concat(u32(errno), u16(0)) });

    test('is asked again without that', async () => {
      using folder = new TestFolder();
      const flags: number[] = [];
      await using server = await HostileServer.start(folder, {
        hello,
        onRequest: (request) => {
          flags.push(request.flags);
          request.socket.write(request.flags === 4 ? refusal(request, 75) : sevens(request));
        },
      });
      await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
      const into = Buffer.alloc(128 * 1024);
      await device.read(0, into);
      await device.read(0, into);
      expect(into.every((byte) => byte === 7)).toBe(true);
      expect(flags).toEqual([4, 0, 0]);
    });

    test('and shuts down at the same time is asked again on the next connection', async () => {
      using folder = new TestFolder();
      const held: Received[] = [];
      await using server = await HostileServer.start(folder, {
        hello,
        onRequest: (request) => {
          if (held.push(request) > 2) request.socket.write(sevens(request));
          const [first, second] = held;
          if (held.length !== 2 || first === undefined || second === undefined) return;
          request.socket.write(concat(refusal(first, 108), refusal(second, 75)));
        },
      });
      await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
      const [one, other] = [Buffer.alloc(512), Buffer.alloc(128 * 1024)];
      await Promise.all([device.read(0, one), device.read(4096, other)]);
      expect([one, other].every((buffer) => buffer.every((byte) => byte === 7))).toBe(true);
      expect(server.connections).toBe(2);
    });
  });

  test('keeps other requests when one fails, and takes answers in any order', async () => {
    using folder = new TestFolder();
    const held: Received[] = [];
    await using server = await HostileServer.start(folder, {
      onRequest: (request) => {
        held.push(request);
        if (held.length < 3) return;
        for (const each of held.toReversed()) {
          const data = Buffer.alloc(each.length, each.offset / 512);
          each.socket.write(each.offset === 512 ? simpleReply(each.cookie, 22) : simpleReply(each.cookie, 0, data));
        }
      },
    });
    await using device = await openNbdDevice(server.uri, { ...quick, readOnly: true });
    const buffers = [0, 1, 2].map(() => Buffer.alloc(512, 0xff));
    const outcomes = await Promise.allSettled(buffers.map((buffer, index) => device.read(index * 512, buffer)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([buffers[0]?.[511], buffers[2]?.[0], server.connections]).toEqual([0, 2, 1]);
  });

  test('lost in a write counts as a restart of the target, lost in a read does not', async () => {
    using folder = new TestFolder();
    let isFirst = true;
    const onRequest = (request: Received): void => {
      if (isFirst) request.socket.destroy();
      else good(request);
      isFirst = false;
    };
    await using server = await HostileServer.start(folder, { onRequest });
    await using target = await openNbdDevice(server.uri, quick);
    await target.write(0, Buffer.alloc(512, 1));
    expect(target.restarts).toBe(1);
    isFirst = true;
    await using source = await openNbdDevice(server.uri, { ...quick, readOnly: true });
    await source.read(0, Buffer.alloc(512));
    expect(source.restarts).toBe(0);
  });
});

describe('a flush', () => {
  test('that fails is not repeated by the device', async () => {
    using folder = new TestFolder();
    let flushes = 0;
    await using server = await HostileServer.start(folder, {
      onRequest: (request) => {
        if (request.command === 3) flushes += 1;
        if (request.command === 3) request.socket.write(simpleReply(request.cookie, 5));
        else good(request);
      },
    });
    await using device = await openNbdDevice(server.uri, quick);
    await expect(device.flush()).rejects.toMatchObject({ code: 'nbd.io-error' });
    expect(flushes).toBe(1);
  });

  test('that fails makes the copy write everything again before it flushes again', async () => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'random', String(SIZE));
    const log: string[] = [];
    await using server = await HostileServer.start(folder, {
      onRequest: (request) => {
        log.push(request.command === 3 ? 'flush' : String(request.offset));
        const isFirstFlush = request.command === 3 && log.filter((entry) => entry === 'flush').length === 1;
        if (isFirstFlush) request.socket.write(simpleReply(request.cookie, 5));
        else good(request);
      },
    });
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(server.uri, quick);
    const result = await copyDisk({ source, target, lengthBytes: SIZE, requestBytes: 256 * 1024 });
    const written = ['0', '262144', '524288', '786432'];
    expect(log.slice(0, 4).toSorted()).toEqual(written);
    expect(log[4]).toBe('flush');
    expect(log.slice(5, 9).toSorted()).toEqual(written);
    expect(log[9]).toBe('flush');
    expect(result).toMatchObject({ bytesCopied: SIZE, retries: 4 });
  });

  test('that fails puts back also what was acknowledged while it ran', async () => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'random', String(SIZE));
    const log: string[] = [];
    let held: Received[] = [];
    let isFirstFlush = true;
    await using server = await HostileServer.start(folder, {
      onRequest: (request) => {
        log.push(request.command === 3 ? 'flush' : String(request.offset));
        if (request.command === 3 && isFirstFlush) {
          isFirstFlush = false;
          for (const write of held) good(write);
          held = [];
          request.socket.write(simpleReply(request.cookie, 5));
        } else if (isFirstFlush && log.length > 1) held.push(request);
        else good(request);
      },
    });
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(server.uri, quick);
    const saved: number[] = [];
    const save = (ranges: readonly { length: number }[]): Promise<void> =>
      Promise.resolve(void saved.push(...ranges.map((range) => range.length)));
    const checkpoint = { done: [], save, everyBytes: 1 };
    await copyDisk({ source, target, lengthBytes: SIZE, requestBytes: 256 * 1024, checkpoint });
    for (const offset of ['0', '262144', '524288', '786432']) {
      expect(log.filter((entry) => entry === offset)).toHaveLength(2);
    }
    expect(log.at(-1)).toBe('flush');
    expect(saved.reduce((sum, length) => sum + length, 0)).toBe(SIZE);
  });

  test('that always fails ends the copy with the words of the server', async () => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'random', String(SIZE));
    await using server = await HostileServer.start(folder, {
      onRequest: (request) =>
        request.command === 3 ? request.socket.write(simpleReply(request.cookie, 28)) : good(request),
    });
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(server.uri, quick);
    await expect(copyDisk({ source, target, lengthBytes: SIZE })).rejects.toMatchObject({ code: 'nbd.no-space' });
  });
});

test('a second connection that hangs or is refused does not hold up the first', async () => {
  using folder = new TestFolder();
  await using real = await startNbdkit(folder, '--filter=limit', 'memory', '1M', 'limit=1');
  await using device = await openNbdDevice(real.uri(), {
    connections: 4,
    readOnly: true,
    timeouts: { handshakeMs: 30 * SECOND },
  });
  await device.read(0, Buffer.alloc(512));
  expect(device.connections).toBe(1);
});
