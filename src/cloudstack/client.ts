import type { z } from 'zod';
import { systemClock, type Clock } from '../base/clock.ts';
import { invalidRequest, upstream } from '../base/errors.ts';
import { MiB, MINUTE, SECOND } from '../base/units.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { toCloudStackError } from './errors.ts';
import { encodeParameters, formatExpires, sign, type Parameters, type SecretText } from './signature.ts';

/**
 * Speaks to one CloudStack endpoint: one call, one signature, one deadline. Knows envelopes, not nouns; those are
 * next door, one file each (volumes.ts, instances.ts, ...). Start reading at `call`.
 */

export interface CloudStackSettings {
  /** e.g. https://cloud.example.com/client/api */
  readonly endpoint: string;
  readonly apiKey: SecretText;
  readonly secretKey: SecretText;
  /** How long one call may take, unless it says otherwise; 30 s. */
  readonly callTimeoutMs?: number;
  /** Waits between two looks at an async job; 1 s, growing to 5 s. */
  readonly poll?: { readonly firstMs: number; readonly maxMs: number };
  readonly clock?: Clock;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface CloudStackClient {
  readonly endpoint: string;
  readonly poll: { readonly firstMs: number; readonly maxMs: number };
  readonly clock: Clock;
  /** For the one question that needs it in a parameter: whose key this is. */
  readonly apiKey: SecretText;
  /**
   * Sends one command and gives what is under the only key of its answer.
   * @throws the errors of errors.ts; upstream `cloudstack.unreachable` (no answer, or the deadline passed: a command
   * that changes something may have been accepted) and `cloudstack.bad-answer` (not an answer of CloudStack).
   */
  call(command: string, parameters: Parameters, options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Signatures expire this long after they are made: longer than any call, shorter than the 15 min that servers allow. */
const EXPIRY_MS = 10 * MINUTE;
/** 500 volumes are about 1 MiB; whatever is larger than this is not an answer of CloudStack. */
const ANSWER_BYTES_MAX = 64 * MiB;

/** @throws invalid-request `cloudstack.endpoint` when `endpoint` is not an http(s) URL. Opens no connection. */
export function createCloudStackClient(settings: CloudStackSettings): CloudStackClient {
  const endpoint = checkEndpoint(settings.endpoint);
  const clock = settings.clock ?? systemClock;
  const callTimeoutMs = settings.callTimeoutMs ?? 30 * SECOND;
  return {
    endpoint,
    clock,
    apiKey: settings.apiKey,
    poll: settings.poll ?? { firstMs: SECOND, maxMs: 5 * SECOND },
    async call(command, parameters, options = {}) {
      const unsigned = {
        ...parameters,
        command,
        response: 'json',
        apiKey: settings.apiKey.reveal(),
        signatureVersion: '3',
        expires: formatExpires(clock.now() + EXPIRY_MS),
      };
      const signed = { ...unsigned, signature: sign(unsigned, settings.secretKey) };
      const timeoutMs = options.timeoutMs ?? callTimeoutMs;
      const answer = await send({ endpoint, command, timeoutMs, signal: options.signal }, encodeParameters(signed));
      return unwrap(command, answer, clock.now());
    },
  };
}

function checkEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '') {
    return `${url.origin}${url.pathname}`;
  }
  throw invalidRequest('cloudstack.endpoint', 'the endpoint of CloudStack is not an http or https URL', {
    hint: 'it looks like https://cloud.example.com/client/api',
  });
}

interface Call {
  readonly endpoint: string;
  readonly command: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Answer {
  readonly httpStatus: number;
  readonly date: string | null;
  readonly contentType: string | null;
  readonly text: string;
}

/** Reading is GET, as all versions allow; everything else is POST, which newer ones may enforce. */
const isReading = (command: string): boolean => /^(list|query)/.test(command);

async function send(call: Call, form: string): Promise<Answer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal === undefined ? deadline : AbortSignal.any([deadline, call.signal]);
  const get = isReading(call.command);
  try {
    const response = await fetch(get ? `${call.endpoint}?${form}` : call.endpoint, {
      method: get ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(get ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(get ? {} : { body: form }),
      // A redirect would carry signature and key to a place that nobody configured.
      redirect: 'manual',
      signal,
    });
    return {
      httpStatus: response.status,
      date: response.headers.get('date'),
      contentType: response.headers.get('content-type'),
      text: await readText(response),
    };
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

function unwrap(command: string, answer: Answer, nowMs: number): Record<string, unknown> {
  const envelope: Envelope = parseEnvelope(answer.text);
  if (envelope.kind === 'value' && answer.httpStatus === 200) return envelope.value;
  if (envelope.kind === 'error') {
    const serverMs = Date.parse(answer.date ?? '');
    throw toCloudStackError({
      command,
      errorCode: envelope.errorCode ?? answer.httpStatus,
      errorText: envelope.errorText,
      csErrorCode: envelope.csErrorCode,
      clockSkewMs: Number.isNaN(serverMs) ? undefined : serverMs - nowMs,
    });
  }
  throw upstream('cloudstack.bad-answer', `cloudstack answered ${command} with something that is not its API`, {
    // Not the text itself: error pages like to repeat the URL, which holds the API key.
    details: { command, httpStatus: answer.httpStatus, contentType: answer.contentType },
    hint: 'does the endpoint end in /client/api, and does no proxy or login page answer in its place?',
  });
}

/** Reads a thing of an answer leniently. @throws upstream `cloudstack.bad-answer` with the first fields that do not fit. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, command: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw upstream('cloudstack.bad-answer', `cloudstack answered ${command} in a shape that this version does not know`, {
    details: { command, issues: parsed.error.issues.slice(0, 5) },
  });
}
