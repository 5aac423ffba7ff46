import { describe, expect, test } from '@jest/globals';
import type { ExportInfo } from '../../../../src/nbd/protocol/export-info.ts';
import { handshake } from '../../../../src/nbd/protocol/handshake.ts';
import { HandshakeFeed } from '../../../../src/nbd/protocol/handshake-feed.ts';
import { concat, infoBlockSize, infoExport, optionReply, text, u16, u32, u64 } from '../../../support/nbd-bytes.ts';
import { thrownBy } from '../../../support/thrown.ts';

const GREETING = concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(3));
const GO_REPLIES = concat(
  optionReply(7, 3, concat(u16(1), text('name'))),
  optionReply(7, 3, infoBlockSize(512, 4096, 0xffffffff)),
  optionReply(7, 3, infoExport(2 ** 41 + 512, 0x1 | 0x4 | 0x40 | 0x100)),
  optionReply(7, 1),
);
const WHOLE = concat(
  GREETING,
  optionReply(8, 1),
  optionReply(10, 4, concat(u32(42), text('base:allocation'))),
  optionReply(10, 1),
  GO_REPLIES,
);

const feed = (exportName = 'disk', wantExtents = true): HandshakeFeed =>
  new HandshakeFeed(handshake({ exportName, wantExtents, wantTls: false }));

/** Feeds pieces and returns what was agreed, and everything that was sent. */
const shake = (pieces: Buffer[], dialogue = feed()): { info: ExportInfo | undefined; sent: Buffer } => {
  const sent: Buffer[] = [];
  let info: ExportInfo | undefined;
  for (const piece of pieces) {
    const step = dialogue.push(piece);
    sent.push(step.send);
    info ??= step.info;
  }
  return { info, sent: Buffer.concat(sent) };
};

describe('the handshake', () => {
  const expected = {
    sizeBytes: 2 ** 41 + 512,
    blockSizes: { minBytes: 512, preferredBytes: 4096, maxBytes: 32 * 1024 * 1024 },
    isReadOnly: false,
    canFlush: true,
    canZero: true,
    canMultiConn: true,
    canDf: false,
    hasStructured: true,
    contextId: 42,
  };

  test('ends with what was agreed', () => {
    const { info, sent } = shake([WHOLE]);
    expect(info).toEqual(expected);
    expect(sent.subarray(0, 4)).toEqual(u32(3));
    expect(sent.includes(concat(text('IHAVEOPT'), u32(7), u32(12), u32(4), text('disk'), u16(1), u16(3)))).toBe(true);
  });

  test('does not care where the stream is cut', () => {
    for (let at = 1; at < WHOLE.length; at += 1) {
      expect(shake([WHOLE.subarray(0, at), WHOLE.subarray(at)]).info).toEqual(expected);
    }
    expect(shake(Array.from(WHOLE, (byte) => Buffer.of(byte))).info).toEqual(expected);
  });

  test('is not over while a byte is missing', () => {
    for (let at = 0; at < WHOLE.length; at += 1) expect(shake([WHOLE.subarray(0, at)]).info).toBeUndefined();
  });

  test('works with a server that knows neither structured replies nor GO', () => {
    const bytes = concat(GREETING, optionReply(8, 0x80000001), optionReply(7, 0x80000001), u64(4096), u16(0x3));
    const { info, sent } = shake([bytes]);
    expect(info).toMatchObject({ sizeBytes: 4096, isReadOnly: true, hasStructured: false, contextId: undefined });
    expect(sent.includes(concat(text('IHAVEOPT'), u32(1), u32(4), text('disk')))).toBe(true);
  });

  test('speaks only EXPORT_NAME to a server without the fixed style, and reads its padding', () => {
    const bytes = concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(0), u64(4096), u16(1), Buffer.alloc(124));
    const { info, sent } = shake([bytes]);
    expect(info).toMatchObject({ sizeBytes: 4096, hasStructured: false });
    expect(sent).toEqual(concat(u32(0), text('IHAVEOPT'), u32(1), u32(4), text('disk')));
  });

  test('asks for a dirty bitmap beside base:allocation, and insists on it', () => {
    const dirty = 'qemu:dirty-bitmap:monday';
    const contexts = (...names: string[]): Buffer =>
      concat(...names.map((name, at) => optionReply(10, 4, concat(u32(40 + at), text(name)))), optionReply(10, 1));
    const ask = (answer: Buffer) => {
      const dialogue = new HandshakeFeed(
        handshake({ exportName: 'disk', wantExtents: true, wantTls: false, bitmap: 'monday' }),
      );
      return shake([concat(GREETING, optionReply(8, 1), answer, GO_REPLIES)], dialogue);
    };
    const { info, sent } = ask(contexts(dirty, 'base:allocation'));
    expect(info).toMatchObject({ contextId: 41, bitmapContextId: 40 });
    expect(sent.includes(concat(u32(2), u32(15), text('base:allocation'), u32(24), text(dirty)))).toBe(true);
    expect(ask(contexts(dirty)).info).toMatchObject({ contextId: undefined, bitmapContextId: 40 });

    const missing = { code: 'nbd.bitmap-not-found', message: expect.stringContaining('"monday"') };
    expect(thrownBy(() => ask(contexts('base:allocation')))).toMatchObject(missing);
    expect(thrownBy(() => ask(contexts('qemu:dirty-bitmap:tuesday')))).toMatchObject(missing);
    expect(thrownBy(() => ask(optionReply(10, 0x80000001)))).toMatchObject(missing);
  });

  test('does without extents when the server has no such context', () => {
    const bytes = concat(GREETING, optionReply(8, 1), optionReply(10, 1), GO_REPLIES);
    expect(shake([bytes]).info?.contextId).toBeUndefined();
    const refused = concat(GREETING, optionReply(8, 1), optionReply(10, 0x80000001), GO_REPLIES);
    expect(shake([refused]).info?.contextId).toBeUndefined();
  });

  test.each([
    ['unknown export', 0x80000006, 'nbd.export-not-found'],
    ['TLS required', 0x80000005, 'nbd.tls-required'],
    ['policy', 0x80000002, 'nbd.refused'],
    ['shutdown', 0x80000007, 'nbd.shutting-down'],
    ['an error nobody knows', 0x80000077, 'nbd.refused'],
  ])('%s becomes a coded error with the words of the server', (_name, type, code) => {
    const bytes = concat(GREETING, optionReply(8, 0x80000001), optionReply(7, type, text('because')));
    expect(thrownBy(() => shake([bytes]))).toMatchObject({ code, message: expect.stringContaining('because') });
  });

  test.each([
    ['a wrong greeting', concat(text('SSH-2.0-'), text('OpenSSH_'), u16(0))],
    ['an unknown style', concat(text('NBDMAGIC'), text('HAVEMOPT'), u16(3))],
    ['a wrong reply magic', concat(GREETING, u32(1), u32(2), u32(8), u32(1), u32(0))],
    ['a reply to another option', concat(GREETING, optionReply(7, 1))],
    ['a reply that claims a gigabyte', concat(GREETING, optionReply(8, 1).subarray(0, 16), u32(1 << 30))],
    ['a success nobody knows', concat(GREETING, optionReply(8, 99))],
    ['GO without a size', concat(GREETING, optionReply(8, 0x80000001), optionReply(7, 1))],
    ['information without a type', concat(GREETING, optionReply(8, 0x80000001), optionReply(7, 3, Buffer.of(0)))],
    ['export information of a wrong length', concat(GREETING, optionReply(8, 0x80000001), optionReply(7, 3, u32(0)))],
    [
      'a block size that is no power of two',
      concat(
        GREETING,
        optionReply(8, 0x80000001),
        optionReply(7, 3, infoBlockSize(700, 4096, 8192)),
        optionReply(7, 3, infoExport(1, 1)),
        optionReply(7, 1),
      ),
    ],
    [
      'endless information',
      concat(GREETING, optionReply(8, 0x80000001), ...Array.from({ length: 80 }, () => optionReply(7, 3, u16(9)))),
    ],
  ])('%s is a broken protocol', (_name, bytes) => {
    expect(() => shake([bytes])).toThrow(expect.objectContaining({ code: 'nbd.protocol' }));
  });

  test('the old style and sizes from 2^53 on are refused by name', () => {
    const oldstyle = concat(text('NBDMAGIC'), u32(0x00004202), u32(0x81861253), u16(0));
    expect(() => shake([oldstyle])).toThrow(expect.objectContaining({ code: 'nbd.oldstyle-server' }));
    const huge = concat(
      GREETING,
      optionReply(8, 0x80000001),
      optionReply(7, 3, infoExport(2 ** 53, 1)),
      optionReply(7, 1),
    );
    expect(() => shake([huge])).toThrow(expect.objectContaining({ code: 'nbd.export-too-large' }));
  });
});

describe('a handshake that wants TLS', () => {
  const secret = (): HandshakeFeed =>
    new HandshakeFeed(handshake({ exportName: 'disk', wantExtents: true, wantTls: true }));
  const STARTTLS = concat(u32(3), text('IHAVEOPT'), u32(5), u32(0));

  test('asks for it before anything else, and says everything else under it', () => {
    const dialogue = secret();
    expect(dialogue.push(GREETING)).toMatchObject({ send: STARTTLS, startsTls: false });
    expect(dialogue.push(optionReply(5, 1))).toEqual({ send: Buffer.alloc(0), startsTls: true });
    const first = dialogue.secured();
    expect(first).toMatchObject({ send: concat(text('IHAVEOPT'), u32(8), u32(0)), startsTls: false });
    const { info, sent } = shake([WHOLE.subarray(GREETING.length)], dialogue);
    expect(info).toMatchObject({ hasStructured: true, contextId: 42 });
    expect(sent.includes(concat(text('IHAVEOPT'), u32(7)))).toBe(true);
  });

  test('does not care where the agreement is cut', () => {
    const bytes = concat(GREETING, optionReply(5, 1));
    for (let at = 1; at < bytes.length; at += 1) {
      const dialogue = secret();
      expect(dialogue.push(bytes.subarray(0, at)).startsTls).toBe(false);
      expect(dialogue.push(bytes.subarray(at)).startsTls).toBe(true);
    }
  });

  test.each([1, 20, 4096])('takes no %i bytes in the clear behind the agreement', (bytes) => {
    const injected = concat(GREETING, optionReply(5, 1), WHOLE.subarray(0, bytes), Buffer.alloc(bytes));
    expect(thrownBy(() => secret().push(injected))).toMatchObject({ code: 'nbd.protocol' });
    const later = secret();
    later.push(GREETING);
    later.push(optionReply(5, 1));
    expect(thrownBy(() => later.push(Buffer.alloc(bytes)))).toMatchObject({ code: 'nbd.protocol' });
  });

  test.each([
    ['does not know it', optionReply(5, 0x80000001), 'nbd.tls-refused'],
    ['has a policy against it', optionReply(5, 0x80000002, text('not today')), 'nbd.tls-refused'],
    ['is shutting down', optionReply(5, 0x80000007), 'nbd.shutting-down'],
    ['agrees in a way nobody knows', optionReply(5, 3), 'nbd.protocol'],
    ['agrees with something on top', optionReply(5, 1, text('x')), 'nbd.protocol'],
    ['answers another option', optionReply(8, 1), 'nbd.protocol'],
  ])('never goes on in the clear with a server that %s', (_name, reply, code) => {
    const dialogue = secret();
    dialogue.push(GREETING);
    expect(thrownBy(() => dialogue.push(reply))).toMatchObject({ code });
  });

  test('never goes on in the clear with a server of an old style', () => {
    const bytes = concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(0));
    expect(thrownBy(() => secret().push(bytes))).toMatchObject({ code: 'nbd.tls-refused' });
  });
});
