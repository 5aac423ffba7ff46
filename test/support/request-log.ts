import { readFileSync } from 'node:fs';
import type { ByteRange } from '../../src/transfer/block-device.ts';
import { normalise } from '../../src/transfer/ranges.ts';

/** A request as nbdkit's log filter saw it. Source: nbdkit-log-filter(1), "LOG FILE FORMAT". */
export interface LoggedRequest extends ByteRange {
  readonly connection: number;
  readonly action: string;
  /** Lines of the log: what ended before another began happened before it. */
  readonly begunAt: number;
  endedAt: number;
  isOk: boolean;
}

/** What a server was asked, in order. Put the filter first on the server's command line: `--filter=log ... logfile=`. */
export class RequestLog {
  readonly requests: LoggedRequest[] = [];
  /** Connections that reached an export, and those of them that ended. */
  connects = 0;
  disconnects = 0;

  private constructor(lines: readonly string[]) {
    const open = new Map<string, LoggedRequest>();
    lines.forEach((line, at) => this.#take(line, at, open));
  }

  static read(path: string): RequestLog {
    return new RequestLog(readFileSync(path, 'utf8').split('\n'));
  }

  #take(line: string, at: number, open: Map<string, LoggedRequest>): void {
    const match = /connection=(\d+) (\.\.\.)?(\w+)(.*)$/.exec(line);
    const [, connection = '', dots, action = '', rest = ''] = match ?? [];
    if (action === 'Connect') this.connects += 1;
    if (action === 'Disconnect') this.disconnects += 1;
    const id = /\bid=(\d+)/.exec(rest)?.[1];
    if (id === undefined) return;
    const key = `${connection}/${id}`;
    if (dots === undefined) {
      const place = { offset: hex(rest, 'offset'), length: hex(rest, 'count') };
      const request = { connection: Number(connection), action, ...place, begunAt: at, endedAt: Infinity, isOk: false };
      open.set(key, request);
      this.requests.push(request);
      return;
    }
    const request = open.get(key);
    if (request === undefined) return;
    request.endedAt = at;
    request.isOk = /\breturn=0\b/.test(rest);
  }

  of(...actions: string[]): LoggedRequest[] {
    return this.requests.filter(({ action }) => actions.includes(action));
  }

  /** What was written or zeroed with success, in normal form. */
  get written(): ByteRange[] {
    return normalise(this.of('Write', 'Zero').filter(({ isOk }) => isOk));
  }

  /** What was asked for in reads, in normal form. */
  get read(): ByteRange[] {
    return normalise(this.of('Read'));
  }
}

const hex = (text: string, name: string): number =>
  Number.parseInt(new RegExp(`\\b${name}=0x([0-9a-f]+)`).exec(text)?.[1] ?? '0', 16);
