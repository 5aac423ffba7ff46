import { upstream } from '../base/errors.ts';
import { MiB } from '../base/units.ts';

/** One request to the endpoint, and its answer as text. Knows HTTP, not CloudStack. */

export interface HttpCall {
  readonly endpoint: string;
  /** For messages. */
  readonly command: string;
  readonly method: 'GET' | 'POST';
  /** Query or body. */
  readonly form: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** 500 volumes are about 1 MiB; whatever is larger than this is not an answer of CloudStack. */
const ANSWER_BYTES_MAX = 64 * MiB;

/**
 * @throws upstream `cloudstack.unreachable`: no answer, or the deadline passed; what was asked may have been accepted.
 * The reason of `signal` where the caller gave up.
 */
export async function send(call: HttpCall): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal]);
  const isPost = call.method === 'POST';
  try {
    const response = await fetch(isPost ? call.endpoint : `${call.endpoint}?${call.form}`, {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(isPost ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(isPost ? { body: call.form } : {}),
      // A redirect would carry signature and key to a place that nobody configured.
      redirect: 'manual',
      signal,
    });
    return { status: response.status, headers: response.headers, text: await readText(response) };
  } catch (cause) {
    // The caller's own abort is not CloudStack's fault: pass its reason on.
    if (call.signal?.aborted === true) throw call.signal.reason;
    const late = deadline.aborted ? ` within ${call.timeoutMs} ms` : '';
    throw upstream('cloudstack.unreachable', `cloudstack does not answer ${call.command}${late}`, {
      cause,
      details: { command: call.command, endpoint: call.endpoint },
      hint: `check that ${call.endpoint} is reachable from here`,
    });
  }
}

async function readText(response: Response): Promise<string> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
