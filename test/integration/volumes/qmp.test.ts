import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { QmpConnection } from '../../../src/volumes/qmp.ts';

const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}';

interface Command {
  readonly execute: string;
  readonly id: number;
}

let dir: string;
let server: Server;
let socket: Socket;
/** How this monitor answers; what it returns is sent as it is. */
let answer: (command: Command) => string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'qmp-'));
  answer = ({ id }) => `{"return": {}, "id": ${id}}\n`;
  server = createServer((client) => {
    socket = client;
    client.on('error', () => undefined);
    client.write(`${GREETING}\r\n`);
    const lines = createInterface({ input: client });
    // A client that hangs up is what some of these tests are about.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const command = JSON.parse(line) as Command;
      client.write(command.execute === 'qmp_capabilities' ? `{"return": {}, "id": ${command.id}}\n` : answer(command));
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

const open = (): Promise<QmpConnection> => QmpConnection.open(join(dir, 's'));

describe('the monitor of qemu', () => {
  test('answers each command by its id, whatever stands between and however it is cut', async () => {
    const qmp = await open();
    expect(qmp.version).toMatchObject({ major: 7, minor: 2 });
    answer = ({ id }) => `{"event": "NOISE", "data": {}}\n{"return": "of another", "id": 999}\n{"return": ${id}, "id`;
    const first = qmp.execute('a', {});
    socket.once('data', () => setImmediate(() => socket.write(`": 2}\n`)));
    await expect(first).resolves.toBe(2);
    qmp.close();
  });

  test('that refuses says why', async () => {
    const qmp = await open();
    answer = ({ id }) => `{"error": {"class": "GenericError", "desc": "Node 'x' is busy"}, "id": ${id}}\n`;
    await expect(qmp.execute('blockdev-del', {})).rejects.toMatchObject({
      code: 'qemu.refused',
      details: { reason: "Node 'x' is busy" },
    });
    qmp.close();
  });

  test('that is silent costs its deadline and no more, and its late answer is nobody else’s', async () => {
    const qmp = await open();
    const asked: number[] = [];
    answer = ({ id }) =>
      asked.push(id) === 1 ? '' : `{"return": "late", "id": ${asked[0]}}\n{"return": "new", "id": ${id}}\n`;
    await expect(qmp.execute('slow', {}, { deadlineMs: 20 })).rejects.toMatchObject({ code: 'qemu.qmp-timeout' });
    await expect(qmp.execute('quick', {})).resolves.toBe('new');
    qmp.close();
  });

  test.each([
    ['dies', () => socket.destroy()],
    ['talks nonsense', () => socket.write('ha\n')],
    ['never ends its line', () => socket.write('x'.repeat(9 * 1024 * 1024))],
  ])('that %s ends everything that waits for it', async (_what, happen) => {
    const qmp = await open();
    answer = () => '';
    using watcher = qmp.watch(() => true);
    const waiting = [qmp.execute('a', {}), watcher.wait(60_000)];
    happen();
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'qemu.gone', retry: 'backoff' });
    expect(qmp.open).toBe(false);
    await expect(qmp.execute('b', {})).rejects.toMatchObject({ code: 'qemu.gone' });
  });

  test('tells of an event that came before it was waited for, and not of others', async () => {
    const qmp = await open();
    using watcher = qmp.watch((event) => event.name === 'DELETED' && event.data['id'] === 'b');
    answer = ({ id }) =>
      `${['a', 'b', 'c'].map((name) => `{"event": "DELETED", "data": {"id": "${name}"}}\n`).join('')}{"return": 1, "id": ${id}}\n`;
    await qmp.execute('delete', {});
    await expect(watcher.wait(60_000)).resolves.toMatchObject({ data: { id: 'b' } });
    qmp.close();
  });

  test('where nobody listens is an error at once', async () => {
    server.close();
    await expect(QmpConnection.open(join(dir, 'nobody'))).rejects.toMatchObject({ code: 'qemu.gone' });
  });
});
