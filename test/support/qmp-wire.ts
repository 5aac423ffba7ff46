import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Boundaries, Question } from './boundaries.ts';

const BEHIND = '.q';

/** What only looks changes nothing: dying there is dying after the command before it. */
const isLook = (command: string): boolean => /^(query-|qom-list|qmp_)/.test(command);

/**
 * Wires between a volume daemon and the monitor of its qemu. The daemon finds a qemu-storage-daemon in its path that is
 * the real one with its monitor moved aside; where it should be, this listens.
 */
export class QmpWire implements AsyncDisposable {
  /** PATH of a volume daemon whose qemu is to be listened to. */
  readonly path: string;
  readonly #bin: string;
  readonly #boundaries: Boundaries;
  readonly #watcher: FSWatcher;
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();

  /** @param runDir the folder of the monitor's socket */
  constructor(runDir: string, boundaries: Boundaries) {
    this.#boundaries = boundaries;
    this.#bin = mkdtempSync(join(tmpdir(), 'mkq-'));
    this.path = `${this.#bin}${delimiter}${process.env['PATH'] ?? ''}`;
    const program = join(this.#bin, 'qemu-storage-daemon');
    writeFileSync(program, wrapper());
    chmodSync(program, 0o755);
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    this.#watcher = watch(runDir, (_event, name) => {
      if (name?.endsWith(BEHIND) === true) this.#listen(join(runDir, name));
    });
  }

  #listen(behind: string): void {
    if (this.#servers.has(behind)) return;
    const server = createServer((near) => this.#join(near, connect(behind)));
    this.#servers.set(behind, server);
    server.on('error', () => undefined);
    server.listen(behind.slice(0, -BEHIND.length));
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setEncoding('utf8');
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    const asked = new Map<number, Question>();
    onLine(near, (line) => {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      const question = isLook(execute) ? undefined : this.#boundaries.ask(execute);
      if (question !== undefined) asked.set(id, question);
      if (question?.before() === true) near.destroy();
      else far.write(`${line}\n`);
    });
    onLine(far, (line) => {
      const { id } = JSON.parse(line) as { id?: number };
      const isDead = id !== undefined && asked.get(id)?.after() === true;
      if (isDead) near.destroy();
      else near.write(`${line}\n`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([...this.#servers.values()].map((server) => new Promise((done) => server.close(done))));
    rmSync(this.#bin, { recursive: true, force: true });
  }
}

function onLine(socket: Socket, act: (line: string) => void): void {
  let rest = '';
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '' && !socket.destroyed) act(line);
  });
}

/** The real program, whose monitor listens beside the place that it was told. */
function wrapper(): string {
  const real = spawnSync('sh', ['-c', 'command -v qemu-storage-daemon'], { encoding: 'utf8' }).stdout.trim();
  return [
    '#!/bin/sh',
    'left=$#',
    'while [ "$left" -gt 0 ]; do',
    '  case $1 in',
    `    socket,id=qmp,path=*.sock,*) one="\${1%%.sock,*}.sock${BEHIND},\${1#*.sock,}" ;;`,
    '    *) one=$1 ;;',
    '  esac',
    '  shift',
    '  set -- "$@" "$one"',
    '  left=$((left - 1))',
    'done',
    `exec ${real} "$@"`,
    '',
  ].join('\n');
}
