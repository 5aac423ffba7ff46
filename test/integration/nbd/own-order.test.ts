import { expect, test } from '@jest/globals';
import { KiB } from '../../../src/base/units.ts';
import { HostileServer, SIZE, type Received } from '../../support/hostile-server.ts';
import { copyExport } from '../../support/nbd-copies.ts';
import { simpleReply } from '../../support/nbd-bytes.ts';
import { noise, TestFolder } from '../../support/nbd-servers.ts';

/** Servers that a proxy cannot imitate: they do all they are asked, and answer in an order of their own. */

/** Does it on `disk`, and returns the answer. */
function serve(disk: Buffer, { cookie, command, offset, length, payload }: Received): Buffer {
  if (command === 0) return simpleReply(cookie, 0, disk.subarray(offset, offset + length));
  if (command === 1) payload.copy(disk, offset);
  if (command === 6) disk.fill(0, offset, offset + length);
  return simpleReply(cookie);
}

/** Holds answers for a turn of the event loop and sends what gathered meanwhile the other way round, glued together. */
function backwards(disk: Buffer): (request: Received) => void {
  const held: Received[] = [];
  return (request) => {
    if (held.push(request) > 1) return;
    setTimeout(() => {
      for (const each of held.splice(0).toReversed()) each.socket.write(serve(disk, each));
    }, 5);
  };
}

const settings = { source: { connections: 1 }, target: { connections: 1 }, copy: { requestBytes: 64 * KiB } };

test('answers in any order, from both servers, are a copy', async () => {
  using one = new TestFolder();
  using other = new TestFolder();
  const content = noise(SIZE, 3);
  content.fill(0, 256 * KiB, 512 * KiB);
  const target = Buffer.alloc(SIZE, 0xa5);
  await using from = await HostileServer.start(one, { onRequest: backwards(content) });
  await using to = await HostileServer.start(other, { onRequest: backwards(target) });
  expect(await copyExport(from.uri, to.uri, settings)).toMatchObject({ retries: 0, bytesTotal: SIZE });
  expect(target.equals(content)).toBe(true);
});

test('an answer that comes twice is an end of its connection, and nothing of it is believed', async () => {
  using one = new TestFolder();
  using other = new TestFolder();
  const content = noise(SIZE, 4);
  const target = Buffer.alloc(SIZE, 0xa5);
  /** The answers with these numbers come twice. */
  const twice = (disk: Buffer, numbers: readonly number[]): ((request: Received) => void) => {
    let answers = 0;
    return (request) => {
      const answer = serve(disk, request);
      request.socket.write(answer);
      if (numbers.includes((answers += 1))) request.socket.write(answer);
    };
  };
  await using from = await HostileServer.start(one, { onRequest: twice(content, [3, 10, 14]) });
  await using to = await HostileServer.start(other, { onRequest: twice(target, [5, 20]) });
  const patient = { connections: 1, retries: 50 };
  const result = await copyExport(from.uri, to.uri, { ...settings, source: patient, target: patient });
  expect(from.connections).toBeGreaterThan(1);
  expect(to.connections).toBeGreaterThan(1);
  expect(result.retries).toBeGreaterThan(0);
  expect(target.equals(content)).toBe(true);
});
