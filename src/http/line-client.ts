import { z } from 'zod';
import { upstream } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { type Peer, refusalOf } from './json-client.ts';
import { LINES_TYPE } from './send-lines.ts';

/** Reads what sendLines sends. */

export interface LinesRequest<T> {
  /** Starts with a slash; query included, already encoded. */
  readonly path: string;
  readonly line: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Until the answer begins. */
const BEGIN_MS = 1 * MINUTE;
/** Without a byte; the far side gives a sign of life every 10 s. */
const SILENT_MS = 1 * MINUTE;
/** A line is a small object, a problem at most. */
const LINE_CHARS_MAX = 64 * 1024;

const problemLine = z.object({ problem: z.record(z.string(), z.unknown()) });

/**
 * GET, one value per line, read no faster than it is taken. The iteration ends when the far side ends the answer: what
 * the lines mean must tell whether that was all.
 * @throws upstream `<peer>.unreachable` (no connection, a lost one, or silence), `<peer>.bad-answer`; and the error of a
 * problem document, also of one that comes as a line.
 */
export async function* requestLines<T>(peer: Peer, request: LinesRequest<T>): AsyncGenerator<T> {
  using call = new LinesCall(peer, request);
  for await (const text of call.lines()) {
    const body = parsed(text);
    const line = request.line.safeParse(body);
    if (line.success) {
      yield line.data;
      continue;
    }
    const problem = problemLine.safeParse(body);
    if (problem.success) throw refusalOf(peer, problem.data.problem, call.where);
    throw call.badAnswer('in a shape that this version does not know', line.error);
  }
}

class LinesCall implements Disposable {
  readonly where: Record<string, unknown>;
  readonly #peer: Peer;
  readonly #request: LinesRequest<unknown>;
  /** Ends the connection: after silence, and when nobody wants more. */
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;

  constructor(peer: Peer, request: LinesRequest<unknown>) {
    this.#peer = peer;
    this.#request = request;
    this.where = { peer: peer.name, method: 'GET', path: request.path };
    this.#signal = AbortSignal.any([this.#end.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  /** The lines that hold something. */
  async *lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of this.#body()) {
      const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > LINE_CHARS_MAX) throw this.badAnswer('with a line without end');
      for (const line of parts) if (line !== '') yield line;
    }
    // A line that was cut off is lost with its connection.
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    const response = await this.#within(BEGIN_MS, this.#send());
    if (response.status >= 400) {
      const problem = parsed(await this.#within(BEGIN_MS, response.text()));
      throw refusalOf(this.#peer, problem, { ...this.where, status: response.status });
    }
    if (response.headers.get('content-type')?.startsWith(LINES_TYPE) !== true || response.body === null) {
      throw this.badAnswer('with something that is not lines');
    }
    const body: ReadableStream<Uint8Array> = response.body;
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await this.#within(SILENT_MS, reader.read());
      if (done) return;
      yield value;
    }
  }

  #send(): Promise<Response> {
    const { token, url } = this.#peer;
    return fetch(`${url}${this.#request.path}`, {
      headers: {
        accept: `${LINES_TYPE}, application/json`,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...this.#request.headers,
      },
      redirect: 'error',
      signal: this.#signal,
    });
  }

  async #within<T>(ms: number, work: Promise<T>): Promise<T> {
    const silence = setTimeout(() => this.#end.abort(), ms);
    try {
      return await work;
    } catch (cause) {
      const { signal, path } = this.#request;
      // The caller's own abort is not the peer's fault: pass its reason on.
      if (signal?.aborted === true) throw signal.reason;
      const { name, url } = this.#peer;
      const why = this.#end.signal.aborted ? `was silent for ${ms} ms` : 'is not reachable or broke off';
      throw upstream(`${name}.unreachable`, `${name} ${why}`, {
        cause,
        details: { ...this.where, path, url },
        hint: `check that ${name} runs and is reachable at ${url}`,
      });
    } finally {
      clearTimeout(silence);
    }
  }

  badAnswer(how: string, cause?: unknown): Error {
    return upstream(`${this.#peer.name}.bad-answer`, `${this.#peer.name} answered ${how}`, {
      cause,
      details: this.where,
      hint: 'are all parts of the same version?',
    });
  }
}

/** Undefined when it is not JSON, which fits no schema. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
