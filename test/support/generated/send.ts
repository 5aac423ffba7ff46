import { Agent, request as openRequest, type IncomingMessage } from 'node:http';
import type { Answered } from '../promise.ts';
import type { GeneratedRequest } from './requests.ts';

/** Sends what no well-behaved client would: bodies with GET, paths as they are. */

const ANSWER_WITHIN_MS = 60_000;

export interface Sender extends AsyncDisposable {
  /** Rejects when the connection breaks or nothing comes in time. */
  send(request: GeneratedRequest): Promise<Answered>;
}

/** `url` ends in /api/v1. */
export function openSender(url: string, token: string): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  return {
    send: (request) => send(request, { url, token, agent }),
    [Symbol.asyncDispose]: () => Promise.resolve(agent.destroy()),
  };
}

function send(
  asked: GeneratedRequest,
  to: { readonly url: string; readonly token: string; readonly agent: Agent },
): Promise<Answered> {
  const { hostname, port, pathname } = new URL(to.url);
  const authorization = `Bearer ${asked.token ?? to.token}`;
  const body = asked.body === undefined ? undefined : Buffer.from(asked.body);
  return new Promise((resolve, reject) => {
    const request = openRequest({
      agent: to.agent,
      host: hostname,
      port,
      method: asked.method,
      path: pathname + asked.path,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-length': body.length }),
        ...asked.headers,
      },
    });
    const limit = setTimeout(
      () => request.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)),
      ANSWER_WITHIN_MS,
    );
    request.on('error', reject);
    request.on('close', () => clearTimeout(limit));
    request.on('response', (response) => {
      read(response).then(resolve, reject);
    });
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Answered> {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = response.statusCode ?? 0;
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    return { status, headers, body: await beginOf(response) };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status, headers, body: parsed(text) };
}

/** A stream does not end by itself; what it begins with is its answer. Leaving the loop closes it. */
async function beginOf(stream: IncomingMessage): Promise<string | undefined> {
  for await (const chunk of stream) return String(chunk);
  return undefined;
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
