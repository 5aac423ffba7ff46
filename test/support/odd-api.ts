import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An API that behaves as no API should: each request meets the next of its answers, the last one for ever. */

export type OddAnswer = (req: IncomingMessage, res: ServerResponse) => void;

export interface OddApi extends AsyncDisposable {
  /** Ends in /api/v1. */
  readonly url: string;
  /** Method, path and headers of what was asked, in order. */
  readonly asked: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
}

export async function startOddApi(...answers: readonly [OddAnswer, ...OddAnswer[]]): Promise<OddApi> {
  const asked: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((req, res) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ method: req.method ?? '', path: req.url ?? '', headers: req.headers });
    res.on('error', () => undefined);
    answer?.(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Ends the connection without an answer. */
export const hangUp: OddAnswer = (req) => void req.socket.destroy();

/** Never answers. */
export const silence: OddAnswer = () => undefined;

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): OddAnswer =>
  (_req, res) => {
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    res.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
  };

/** Something that is no JSON. */
export const text =
  (status: number, body: string, headers: Record<string, string> = {}): OddAnswer =>
  (_req, res) =>
    void res.writeHead(status, headers).end(body);

/** Promises more than it sends. */
export const half: OddAnswer = (req, res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  res.write('{"count":', () => req.socket.destroy());
};

/** A stream of these events; then it goes on in silence, ends, or is cut. */
export const events =
  (lines: readonly string[], then: 'open' | 'end' | 'cut'): OddAnswer =>
  (req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(lines.join(''), () => {
      if (then === 'end') res.end();
      if (then === 'cut') req.socket.destroy();
    });
  };

export const sse = (event: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
