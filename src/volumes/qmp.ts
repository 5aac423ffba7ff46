import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { upstream, type AppError } from '../base/errors.ts';

/**
 * The monitor protocol of qemu on a unix socket: one JSON object per line, commands answered by id, events in between.
 * Knows the protocol and no command. Source: qemu, docs/interop/qmp-spec.
 */

/** Longest line taken from qemu; the answers asked for here are kilobytes. A longer one ends the connection. */
const LINE_LIMIT_BYTES = 8 * 1024 * 1024;
const GREETING_DEADLINE_MS = 10_000;

const messageSchema = z.looseObject({
  QMP: z.looseObject({ version: z.looseObject({ qemu: z.object({ major: z.int(), minor: z.int() }) }) }).optional(),
  id: z.number().optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
});
type Message = z.output<typeof messageSchema>;

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: AppError) => void;
}

interface Watcher extends Disposable {
  /** The first event that fits, also one that came before this call; gives up after `deadlineMs`. */
  wait(deadlineMs: number): Promise<QmpEvent>;
}

export class QmpConnection {
  readonly #socket: Socket;
  readonly #answers = new Map<number, Waiting>();
  // A watcher keeps at most the one event it looks for, so a chatty qemu fills nothing.
  readonly #watchers = new Set<(event: QmpEvent) => void>();
  readonly #onGone = new Set<(error: AppError) => void>();
  #greeted: ((message: Message) => void) | undefined;
  #nextId = 1;
  #rest = '';
  #gone: AppError | undefined;
  #version = { major: 0, minor: 0 };

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (cause) => this.#end(lost(cause)));
    socket.on('close', () => this.#end(lost()));
  }

  /** Connects, reads the greeting and leaves capability negotiation. @throws upstream `qemu.gone`, `qemu.qmp-timeout`. */
  static async open(path: string): Promise<QmpConnection> {
    const connection = new QmpConnection(connect(path));
    try {
      const greeting = await connection.#within(GREETING_DEADLINE_MS, 'the greeting', ({ resolve }) => {
        connection.#greeted = resolve;
      });
      if (greeting.QMP === undefined) throw upstream('qemu.bad-answer', 'this is not the monitor of qemu');
      connection.#version = greeting.QMP.version.qemu;
      await connection.execute('qmp_capabilities', {}, { deadlineMs: GREETING_DEADLINE_MS });
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get version(): { readonly major: number; readonly minor: number } {
    return this.#version;
  }

  /** Whether the connection still stands. */
  get open(): boolean {
    return this.#gone === undefined;
  }

  /**
   * One command. After `qemu.qmp-timeout` it is unknown whether qemu did it: look, or ask again.
   * @throws upstream `qemu.refused` (details.reason says why), `qemu.qmp-timeout`, `qemu.gone`.
   */
  async execute(
    command: string,
    args: Readonly<Record<string, unknown>>,
    { deadlineMs = 30_000 }: { deadlineMs?: number } = {},
  ): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    try {
      const answer = await this.#within(deadlineMs, command, (waiting) => {
        this.#answers.set(id, waiting);
        this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
      if (answer.error === undefined) return answer['return'];
      throw upstream('qemu.refused', `qemu refused ${command}: ${answer.error.desc}`, {
        details: { command, class: answer.error.class, reason: answer.error.desc },
      });
    } finally {
      this.#answers.delete(id);
    }
  }

  /** Starts looking for an event now, before the command that causes it is sent. Dispose it. */
  watch(fits: (event: QmpEvent) => boolean): Watcher {
    let found: QmpEvent | undefined;
    let arrived: ((event: QmpEvent) => void) | undefined;
    const watcher = (event: QmpEvent): void => {
      if (found !== undefined || !fits(event)) return;
      found = event;
      arrived?.(event);
    };
    this.#watchers.add(watcher);
    return {
      wait: (deadlineMs) =>
        this.#within<QmpEvent>(deadlineMs, 'an event', ({ resolve }) => {
          if (found === undefined) arrived = resolve;
          else resolve(found);
        }),
      [Symbol.dispose]: () => void this.#watchers.delete(watcher),
    };
  }

  close(): void {
    this.#socket.destroy();
    this.#end(lost());
  }

  #within<T = Message>(
    deadlineMs: number,
    what: string,
    begin: (waiting: { resolve: (value: T) => void; reject: (error: AppError) => void }) => void,
  ): Promise<T> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const late = upstream('qemu.qmp-timeout', `qemu did not answer within ${deadlineMs} ms: ${what}`, {
      details: { what, deadlineMs },
      hint: 'is the storage below it hanging? the log of the kernel tells',
    });
    const timer = setTimeout(() => reject(late), deadlineMs);
    this.#onGone.add(reject);
    begin({ resolve, reject });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#onGone.delete(reject);
    });
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_LIMIT_BYTES) this.#socket.destroy();
    for (const line of lines) if (line.trim() !== '') this.#line(line);
  }

  #line(line: string): void {
    const message = parseLine(line);
    if (message === undefined) {
      this.#socket.destroy();
      return;
    }
    if (message.event !== undefined) {
      const event = { name: message.event, data: message.data ?? {} };
      for (const watcher of this.#watchers) watcher(event);
    } else if (message.id !== undefined) {
      this.#answers.get(message.id)?.resolve(message);
    } else if (message.QMP !== undefined) {
      this.#greeted?.(message);
    }
  }

  #end(error: AppError): void {
    this.#gone ??= error;
    for (const reject of [...this.#onGone]) reject(this.#gone);
  }
}

function parseLine(line: string): Message | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function lost(cause?: unknown): AppError {
  return upstream('qemu.gone', 'the connection to qemu is lost', {
    ...(cause === undefined ? {} : { cause }),
    hint: 'qemu-storage-daemon is started again by itself; the log has its last words',
  });
}
