import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { QmpConnection } from '../../../src/volumes/qmp.ts';
import { until } from '../until.ts';
import { kernelPath, writeImage } from './image.ts';

/** Four seconds on an idle machine. */
const BOOT_WITHIN_MS = 150_000;
const ANSWER_WITHIN_MS = 60_000;

export type Bus = 'virtio' | 'scsi';

/** A disk of the guest, plugged in while it runs, as KVM agents of CloudStack do it. */
export interface GuestDisk {
  readonly id: string;
  /** What the guest reads and writes. */
  readonly path: string;
}

export type Answer = { readonly value: unknown } | { readonly error: { code: string; message: string } };

/** A machine of its own with Debian's kernel, emulated without help of the processor, and our program in it. */
export interface Guest extends AsyncDisposable {
  plug(of: { bus: Bus; serial: string; bytes: number }): Promise<GuestDisk>;
  unplug(disk: GuestDisk): Promise<void>;
  resize(disk: GuestDisk, bytes: number): Promise<void>;
  /** Has program.ts do something in the guest. */
  ask(order: Readonly<Record<string, unknown>>): Promise<Answer>;
}

export async function startGuest(): Promise<Guest> {
  const dir = mkdtempSync(join(tmpdir(), 'guest-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  try {
    writeImage(join(dir, 'image'));
    const line = await listenAt(join(dir, 'line'));
    stack.defer(() => void line.close());
    const connected = once(line, 'connection', { signal: AbortSignal.timeout(BOOT_WITHIN_MS) });
    const child = spawn('qemu-system-x86_64', machine(dir), { stdio: ['ignore', 'ignore', 'inherit'] });
    stack.defer(() => end(child));
    const [socket] = (await connected) as [Socket];
    const answers = answersOf(socket);
    const qmp = await monitor(dir);
    stack.defer(() => qmp.close());
    await answers.next(BOOT_WITHIN_MS).catch((cause: unknown) => {
      throw new Error(`the guest did not boot:\n${readFileSync(join(dir, 'console'), 'utf8').slice(-4_000)}`, {
        cause,
      });
    });
    const close = (): Promise<void> => stack.disposeAsync();
    return { ...disksOf(qmp, dir), ask: (order) => asked(socket, answers, order), [Symbol.asyncDispose]: close };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function machine(dir: string): string[] {
  return [
    ...['-machine', 'pc,accel=tcg', '-cpu', 'Nehalem', '-m', '768', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-kernel', kernelPath, '-initrd', join(dir, 'image')],
    ...['-append', 'console=ttyS0 panic=-1 mitigations=off quiet'],
    ...['-serial', `file:${join(dir, 'console')}`, '-serial', `unix:${join(dir, 'line')}`],
    ...['-qmp', `unix:${join(dir, 'qmp')},server=on,wait=off`],
    ...['-device', 'virtio-scsi-pci,id=scsi'],
  ];
}

async function listenAt(path: string): Promise<Server> {
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  return server;
}

async function monitor(dir: string): Promise<QmpConnection> {
  return until(() => QmpConnection.open(join(dir, 'qmp')).catch(() => undefined), {
    withinMs: ANSWER_WITHIN_MS,
    what: 'the monitor of the guest',
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

interface Answers {
  next(withinMs: number): Promise<Answer>;
}

/** Lines of the guest; the line is a terminal of its kernel, so what is no JSON is skipped. */
function answersOf(socket: Socket): Answers {
  const lines: Answer[] = [];
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Answer);
  });
  return { next: (withinMs) => until(() => lines.shift(), { withinMs, what: 'an answer of the guest' }) };
}

async function asked(socket: Socket, answers: Answers, order: Readonly<Record<string, unknown>>): Promise<Answer> {
  socket.write(`${JSON.stringify(order)}\n`);
  return answers.next(ANSWER_WITHIN_MS);
}

function disksOf(qmp: QmpConnection, dir: string): Pick<Guest, 'plug' | 'unplug' | 'resize'> {
  return {
    async plug({ bus, serial, bytes }) {
      const id = `disk-${randomUUID().slice(0, 8)}`;
      const path = join(dir, id);
      closeSync(openSync(path, 'w'));
      truncateSync(path, bytes);
      await qmp.execute('blockdev-add', { driver: 'file', 'node-name': id, filename: path });
      const device = bus === 'virtio' ? { driver: 'virtio-blk-pci' } : { driver: 'scsi-hd', bus: 'scsi.0' };
      await qmp.execute('device_add', { ...device, id: `dev-${id}`, drive: id, serial });
      return { id, path };
    },
    async unplug({ id }) {
      using deleted = qmp.watch((event) => event.name === 'DEVICE_DELETED' && event.data['device'] === `dev-${id}`);
      await qmp.execute('device_del', { id: `dev-${id}` });
      await deleted.wait(ANSWER_WITHIN_MS);
      await qmp.execute('blockdev-del', { 'node-name': id });
    },
    async resize({ id }, bytes) {
      await qmp.execute('block_resize', { 'node-name': id, size: bytes });
    },
  };
}
