import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { AppError, invalidRequest, upstream } from '../base/errors.ts';
import { MiB } from '../base/units.ts';
import { badAnswer } from './errors.ts';
import type { Trust } from './trust.ts';
import { VerifiedAgent } from './verified-agent.ts';

/** HTTPS to one vCenter: one envelope out, one back, within one deadline and one bound. Knows neither session nor method. */

export interface Exchange {
  readonly envelope: string;
  readonly cookie: string | undefined;
  /** From the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly text: string;
  /** `name=value` of the session's cookie, verbatim, where the server sets it. */
  readonly cookie: string | undefined;
}

/** A page of inventory is a few MiB; whatever is larger than this is not an answer that we asked for. */
const ANSWER_BYTES_MAX = 64 * MiB;
/** Versions since this one understand it, and newer objects are shown as what they were derived from. */
const API_VERSION = '6.5';
const COOKIE = /^(vmware_soap_session=[^;\r\n]+)/;

export class Transport {
  readonly host: string;
  readonly #url: URL;
  readonly #agent: VerifiedAgent;

  /** `address`: https://host[:port], or its name alone. Errors: invalid-request `vsphere.address`. Opens no connection. */
  constructor(address: string, trust: Trust) {
    this.#url = readAddress(address);
    this.host = this.#url.host;
    this.#agent = new VerifiedAgent(trust);
  }

  /** SHA-1 of the certificate that the server has proven to be its own; undefined before the first connection. */
  get thumbprint(): string | undefined {
    return this.#agent.thumbprint;
  }

  /**
   * Errors: `vsphere.unreachable` (no connection, or too late: the method may have had its effect), `vsphere.unavailable`
   * (something answers in place of the API), `vsphere.bad-answer`, those of the certificate, and the reason of `signal`.
   */
  async send(exchange: Exchange): Promise<Reply> {
    const deadline = AbortSignal.timeout(exchange.timeoutMs);
    const signal = exchange.signal === undefined ? deadline : AbortSignal.any([deadline, exchange.signal]);
    try {
      const response = await this.#post(exchange, signal);
      const text = await readText(response);
      return { text: this.#check(response, text), cookie: cookieIn(response) };
    } catch (thrown) {
      if (exchange.signal?.aborted === true) throw exchange.signal.reason;
      if (thrown instanceof AppError) throw thrown;
      throw this.#unreachable(thrown, deadline.aborted ? ` within ${exchange.timeoutMs} ms` : '');
    }
  }

  /** Closes its connections; whoever still waits for an answer gets `vsphere.unreachable`. */
  close(): void {
    this.#agent.destroy();
  }

  #post({ envelope, cookie }: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'text/xml; charset=utf-8',
        'content-length': Buffer.byteLength(envelope),
        soapaction: `urn:vim25/${API_VERSION}`,
        ...(cookie === undefined ? {} : { cookie }),
      };
      const sending = request(this.#url, { method: 'POST', agent: this.#agent, headers, signal });
      sending.on('response', resolve);
      sending.on('error', reject);
      // A request that still waits for its connection does not look at its signal.
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      sending.end(envelope);
    });
  }

  /** A fault comes with status 500. Other statuses are those of a proxy, or of a vCenter that is still starting. */
  #check(response: IncomingMessage, text: string): string {
    const status = response.statusCode ?? 0;
    if (status === 200 || (status === 500 && text.trimStart().startsWith('<'))) return text;
    throw upstream('vsphere.unavailable', `${this.host} answers with HTTP status ${status}`, {
      details: { host: this.host, status },
      hint: 'vcenter may still be starting, or this is not the address of its API',
    });
  }

  #unreachable(cause: unknown, late: string): AppError {
    return upstream('vsphere.unreachable', `vcenter ${this.host} does not answer${late}`, {
      cause,
      details: { host: this.host },
      hint: 'check its name, that it runs, and that port 443 is open from here',
    });
  }
}

function readAddress(address: string): URL {
  const url = URL.parse(address.includes('://') ? address : `https://${address}`);
  if (url !== null && url.protocol === 'https:' && url.username === '' && url.password === '') {
    return new URL('/sdk', url);
  }
  throw invalidRequest('vsphere.address', 'the address of vcenter is neither a host name nor an https URL', {
    hint: 'it looks like vcenter.example.com or https://vcenter.example.com:443',
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw badAnswer('it is larger than 64 MiB');
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('the answer was cut off');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw badAnswer('it is not UTF-8');
  }
}

function cookieIn(response: IncomingMessage): string | undefined {
  const set = response.headers['set-cookie'] ?? [];
  return set.map((line) => COOKIE.exec(line)?.[1]).find((cookie) => cookie !== undefined);
}
