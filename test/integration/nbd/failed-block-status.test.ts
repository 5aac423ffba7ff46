import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { FLAGS, good, HELLO, HostileServer, SIZE, type Received } from '../../support/hostile-server.ts';
import { chunk, concat, infoExport, optionReply, text, u16, u32 } from '../../support/nbd-bytes.ts';
import { TestFolder } from '../../support/nbd-servers.ts';

/** A server that refuses some questions about blocks, of a disk whose first 64 KiB read zero and are dirty. */

const BLOCK_STATUS = 7;
const CAN_DF = 0x80;
const ZERO = 2;
const DIRTY = 1;
const ALLOCATION = 'base:allocation';
const BITMAP = 'qemu:dirty-bitmap:monday';
const FIRST_BYTES = 64 * KiB;

const metaContext = (id: number, name: string): Buffer => optionReply(10, 4, concat(u32(id), text(name)));
const hello = {
  bytes: concat(
    HELLO,
    optionReply(8, 1),
    metaContext(1, ALLOCATION),
    metaContext(2, BITMAP),
    optionReply(10, 1),
    optionReply(7, 3, infoExport(SIZE, FLAGS | CAN_DF)),
    optionReply(7, 1),
  ),
  // Flags, STRUCTURED_REPLY, SET_META_CONTEXT of "x" with two names, GO of "x".
  skipBytes: 4 + 16 + (16 + 5 + 4 + 4 + ALLOCATION.length + 4 + BITMAP.length) + 25,
};

const folder = new TestFolder();
let server: HostileServer;
let refusals = 0;
let questions = 0;

beforeAll(async () => {
  server = await HostileServer.start(folder, { hello, onRequest });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function onRequest(request: Received): void {
  if (request.command !== BLOCK_STATUS) {
    good(request);
    return;
  }
  const { cookie, length, socket } = request;
  questions += 1;
  if (refusals > 0) {
    refusals -= 1;
    socket.write(chunk({ cookie, type: 0x8001, body: concat(u32(5), u16(0)) }));
    return;
  }
  const status = (id: number, flags: number): Buffer =>
    concat(u32(id), u32(FIRST_BYTES), u32(flags), u32(length - FIRST_BYTES), u32(0));
  socket.write(chunk({ cookie, type: 5, isLast: false, body: status(1, ZERO) }));
  socket.write(chunk({ cookie, type: 5, body: status(2, DIRTY) }));
}

const open = () => openNbdDevice(server.uri, { readOnly: true, bitmap: 'monday', connections: 1, retries: 5 });

test('a refused question about extents is not asked again: whoever asks can do without', async () => {
  await using device = await open();
  [refusals, questions] = [1, 0];
  await expect(device.extents(0, SIZE)).rejects.toMatchObject({ code: 'nbd.io-error', details: { offset: 0 } });
  expect([questions, device.retries]).toEqual([1, 0]);
  expect(await device.extents(0, SIZE)).toEqual([
    { offset: 0, length: FIRST_BYTES, kind: 'zero' },
    { offset: FIRST_BYTES, length: SIZE - FIRST_BYTES, kind: 'data' },
  ]);
});

test('a refused question about a bitmap is asked again: it decides what is copied', async () => {
  await using device = await open();
  [refusals, questions] = [2, 0];
  expect(await device.dirty(0, SIZE)).toEqual({ ranges: [{ offset: 0, length: FIRST_BYTES }], endBytes: SIZE });
  expect([questions, device.retries]).toEqual([3, 2]);
});
