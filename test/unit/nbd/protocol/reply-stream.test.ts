import { describe, expect, test } from '@jest/globals';
import { COMMAND, type Command } from '../../../../src/nbd/protocol/constants.ts';
import { ReplyStream, type Awaited } from '../../../../src/nbd/protocol/reply-stream.ts';
import { chunk, concat, simpleReply, text, u16, u32, u64 } from '../../../support/nbd-bytes.ts';

const cookieOf = (slot: number): Buffer => concat(u32(slot), u32(7));
const DATA = Buffer.from(Array.from({ length: 6000 }, (_, at) => (at * 31) % 251));

interface Session {
  stream: ReplyStream;
  requests: Map<number, Awaited>;
  completed: number[];
}

const session = (commands: Record<number, Command>, hasStructured = true): Session => {
  const requests = new Map<number, Awaited>();
  for (const [slot, command] of Object.entries(commands)) {
    const into = command === COMMAND.READ ? Buffer.alloc(DATA.length, 0xee) : undefined;
    const request = {
      command,
      offset: 1_000_000,
      length: DATA.length,
      into,
      parts: [],
      error: undefined,
      statuses: [],
    };
    requests.set(Number(slot), request);
  }
  const completed: number[] = [];
  const sink = {
    find: (cookie: { slot: number; generation: number }) =>
      cookie.generation === 7 && !completed.includes(cookie.slot) ? requests.get(cookie.slot) : undefined,
    complete: (_request: Awaited, cookie: { slot: number }) => completed.push(cookie.slot),
  };
  return { stream: new ReplyStream(sink, { hasStructured }), requests, completed };
};

/** As a socket does: fills the room that it is given, at most `pieceBytes` at a time. */
const feed = (stream: ReplyStream, bytes: Buffer, pieceBytes = Infinity): void => {
  let at = 0;
  while (at < bytes.length) {
    const room = stream.room();
    if (room.length === 0) throw new Error('no room for the next byte');
    const count = Math.min(room.length, bytes.length - at, pieceBytes);
    bytes.copy(room, 0, at, at + count);
    at += count;
    stream.advance(count);
  }
};

/** Part of the answer to the read in slot 1. */
const dataChunk = (start: number, end: number, isLast = false): Buffer =>
  chunk({ cookie: cookieOf(1), type: 1, isLast, body: concat(u64(1_000_000 + start), DATA.subarray(start, end)) });

const MIXED = concat(
  dataChunk(3000, 6000),
  simpleReply(cookieOf(2)),
  chunk({ cookie: cookieOf(3), type: 5, body: concat(u32(9), u32(512), u32(0), u32(512), u32(1), u32(1024), u32(3)) }),
  dataChunk(0, 2000),
  chunk({ cookie: cookieOf(4), type: 0x8001, isLast: false, body: concat(u32(28), u16(4), text('full')) }),
  chunk({ cookie: cookieOf(1), type: 2, isLast: false, body: concat(u64(1_002_000), u32(1000)) }),
  chunk({ cookie: cookieOf(1), type: 0 }),
  chunk({ cookie: cookieOf(4), type: 0 }),
);
const MIXED_COMMANDS = { 1: COMMAND.READ, 2: COMMAND.WRITE, 3: COMMAND.BLOCK_STATUS, 4: COMMAND.READ };
const READ_1 = concat(DATA.subarray(0, 2000), Buffer.alloc(1000), DATA.subarray(3000));

const expectMixed = ({ requests, completed }: Session): void => {
  expect(completed).toEqual([2, 3, 1, 4]);
  expect(requests.get(1)?.into?.equals(READ_1)).toBe(true);
  expect(requests.get(3)?.statuses).toEqual([
    {
      contextId: 9,
      extents: [
        { length: 512, flags: 0 },
        { length: 512, flags: 1 },
        { length: 1024, flags: 3 },
      ],
    },
  ]);
  expect(requests.get(4)?.error).toEqual({ errno: 28, message: 'full' });
};

describe('the reply stream', () => {
  test('takes answers that are mixed, out of order and in several chunks', () => {
    const mixed = session(MIXED_COMMANDS);
    feed(mixed.stream, MIXED);
    expectMixed(mixed);
  });

  test('does not care where the bytes are cut', () => {
    for (let at = 1; at < MIXED.length; at += at < 100 || at > MIXED.length - 200 ? 1 : 101) {
      const mixed = session(MIXED_COMMANDS);
      feed(mixed.stream, MIXED.subarray(0, at));
      feed(mixed.stream, MIXED.subarray(at));
      expectMixed(mixed);
    }
    for (const piece of [1, 2, 3, 19, 4095, 4097]) {
      const mixed = session(MIXED_COMMANDS);
      feed(mixed.stream, MIXED, piece);
      expectMixed(mixed);
    }
  });

  test('takes simple reads glued together', () => {
    const glued = session({ 1: COMMAND.READ, 2: COMMAND.READ, 3: COMMAND.FLUSH }, false);
    feed(
      glued.stream,
      concat(simpleReply(cookieOf(2), 0, DATA), simpleReply(cookieOf(3)), simpleReply(cookieOf(1), 0, DATA)),
    );
    expect(glued.completed).toEqual([2, 3, 1]);
    expect(glued.requests.get(1)?.into).toEqual(DATA);
    expect(glued.requests.get(2)?.into).toEqual(DATA);
  });

  test('an error to a simple read carries no data', () => {
    const failed = session({ 1: COMMAND.READ, 2: COMMAND.WRITE }, false);
    feed(failed.stream, concat(simpleReply(cookieOf(1), 5), simpleReply(cookieOf(2))));
    expect(failed.completed).toEqual([1, 2]);
    expect(failed.requests.get(1)?.error).toEqual({ errno: 5, message: '' });
  });

  test('an error of an unknown kind fails its request only', () => {
    const failed = session({ 1: COMMAND.READ, 2: COMMAND.WRITE });
    feed(
      failed.stream,
      concat(chunk({ cookie: cookieOf(1), type: 0x8123, body: concat(u32(5), u16(0)) }), simpleReply(cookieOf(2))),
    );
    expect(failed.requests.get(1)?.error?.errno).toBe(5);
    expect(failed.completed).toEqual([1, 2]);
  });

  const status = (body: Buffer): Buffer => chunk({ cookie: cookieOf(3), type: 5, body });
  test.each<[string, Buffer]>([
    ['a wrong magic', concat(u32(0x12345678), u32(0), cookieOf(1))],
    ['an unknown cookie', simpleReply(cookieOf(9))],
    ['a cookie of an earlier tenant', simpleReply(concat(u32(2), u32(6)))],
    ['an answer that comes twice', concat(simpleReply(cookieOf(2)), simpleReply(cookieOf(2)))],
    ['a simple reply to a read', simpleReply(cookieOf(1), 0, DATA)],
    ['a simple reply to a block status', simpleReply(cookieOf(3))],
    ['data before the request', chunk({ cookie: cookieOf(1), type: 1, body: concat(u64(999_999), DATA) })],
    ['data beyond the request', chunk({ cookie: cookieOf(1), type: 1, body: concat(u64(1_000_001), DATA) })],
    ['more data than was asked', concat(u32(0x668e33ef), u16(1), u16(1), cookieOf(1), u32(0xfffffff0))],
    ['data without a byte', chunk({ cookie: cookieOf(1), type: 1, body: u64(1_000_000) })],
    ['an offset from 2^53 on', chunk({ cookie: cookieOf(1), type: 1, body: concat(u64(2n ** 60n), Buffer.of(1)) })],
    ['a gap', concat(dataChunk(0, 100), dataChunk(200, 6000, true))],
    ['an overlap', concat(dataChunk(0, 3000), dataChunk(2000, 5000), dataChunk(5000, 6000, true))],
    ['an end without data', chunk({ cookie: cookieOf(1), type: 0 })],
    ['a hole beyond the request', chunk({ cookie: cookieOf(1), type: 2, body: concat(u64(1_005_999), u32(2)) })],
    ['a hole of a wrong size', chunk({ cookie: cookieOf(1), type: 2, body: u64(1_000_000) })],
    ['data for a write', chunk({ cookie: cookieOf(2), type: 1, body: concat(u64(1_000_000), DATA) })],
    ['an unknown chunk', chunk({ cookie: cookieOf(1), type: 77, body: u32(1) })],
    ['an empty chunk with a body', chunk({ cookie: cookieOf(2), type: 0, body: u32(1) })],
    ['an error chunk that claims a gigabyte', concat(u32(0x668e33ef), u16(1), u16(0x8001), cookieOf(1), u32(1 << 30))],
    [
      'an error chunk whose message is longer',
      chunk({ cookie: cookieOf(1), type: 0x8001, body: concat(u32(5), u16(9)) }),
    ],
    ['an error chunk without an error', chunk({ cookie: cookieOf(1), type: 0x8001, body: concat(u32(0), u16(0)) })],
    ['a block status without an extent', status(u32(9))],
    ['a block status with a torn extent', status(concat(u32(9), u32(512), u32(0), u32(1)))],
    ['a block status with an empty extent', status(concat(u32(9), u32(0), u32(0)))],
    ['a block status that claims a gigabyte', concat(u32(0x668e33ef), u16(1), u16(5), cookieOf(3), u32(1 << 30))],
    ['an answer to a block status without one', chunk({ cookie: cookieOf(3), type: 0 })],
  ])('%s is a broken protocol', (_name, bytes) => {
    const broken = session({ 1: COMMAND.READ, 2: COMMAND.WRITE, 3: COMMAND.BLOCK_STATUS });
    expect(() => feed(broken.stream, bytes)).toThrow(expect.objectContaining({ code: 'nbd.protocol' }));
  });

  test('a chunk that was not agreed is a broken protocol', () => {
    const simple = session({ 2: COMMAND.WRITE }, false);
    expect(() => feed(simple.stream, chunk({ cookie: cookieOf(2), type: 0 }))).toThrow(
      expect.objectContaining({ code: 'nbd.protocol' }),
    );
  });
});
