import { sleep, systemClock, type Clock } from '../base/clock.ts';
import { invalidRequest, toAppError, type AppError } from '../base/errors.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { unwrap } from './answer.ts';
import { encodeParameters, encodeValue, formatExpires, sign, type Parameters, type SecretText } from './signature.ts';
import { send, type HttpCall } from './transport.ts';

/**
 * Speaks to one CloudStack endpoint: one command, one deadline. Knows envelopes, not nouns; those are next door, one
 * file each (volumes.ts, instances.ts, ...). Start reading at `call`.
 */

export interface CloudStackSettings {
  /** e.g. https://cloud.example.com/client/api */
  readonly endpoint: string;
  readonly apiKey: SecretText;
  readonly secretKey: SecretText;
  /** How long one call may take, unless it says otherwise; 30 s. */
  readonly callTimeoutMs?: number;
  /** Waits between two looks at an async job, and after a call that came too soon; 1 s, growing to 15 s. */
  readonly poll?: Poll;
  /** What deadlines, also those of orders, are measured by. */
  readonly clock?: Clock | undefined;
}

export interface Poll {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface CloudStackClient {
  readonly endpoint: string;
  readonly poll: Poll;
  readonly clock: Clock;
  /** For the one question that needs it in a parameter: whose key this is. */
  readonly apiKey: SecretText;
  /**
   * Sends one command and gives what is under the only key of its answer. Sent again within its deadline only where the
   * server has surely done nothing: when it wants reading commands as POST (405), and when it asks to wait (429).
   * @throws the errors of errors.ts; upstream `cloudstack.unreachable` (no answer, or the deadline passed: a command
   * that changes something may have been accepted) and `cloudstack.bad-answer` (not an answer of CloudStack).
   */
  call(command: string, parameters: Parameters, options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Signatures expire this long after they are made: longer than any call, shorter than the 15 min that servers allow. */
const EXPIRY_MS = 10 * MINUTE;

/** @throws invalid-request `cloudstack.endpoint` when `endpoint` is not an http(s) URL. Opens no connection. */
export function createCloudStackClient(settings: CloudStackSettings): CloudStackClient {
  const endpoint = checkEndpoint(settings.endpoint);
  const clock = settings.clock ?? systemClock;
  const poll = settings.poll ?? { firstMs: SECOND, maxMs: 15 * SECOND };
  const callTimeoutMs = settings.callTimeoutMs ?? 30 * SECOND;
  let readsByPost = false;

  const once = async (command: string, parameters: Parameters, sending: Sending): Promise<Record<string, unknown>> => {
    const signed = signedParameters(settings, { ...parameters, command }, clock.now());
    const answer = await send({ endpoint, command, form: encodeParameters(signed), ...sending });
    // The text goes into errors and logs.
    const text = withoutSecrets(answer.text, [settings.apiKey.reveal(), settings.secretKey.reveal(), signed.signature]);
    return unwrap(command, { ...answer, text }, clock.now());
  };

  return {
    endpoint,
    clock,
    poll,
    apiKey: settings.apiKey,
    async call(command, parameters, options = {}) {
      const { signal } = options;
      const deadline = clock.monotonic() + (options.timeoutMs ?? callTimeoutMs);
      for (let attempt = 1; ; attempt += 1) {
        const timeoutMs = Math.max(1, Math.ceil(deadline - clock.monotonic()));
        const method = isReading(command) && !readsByPost ? 'GET' : 'POST';
        try {
          return await once(command, parameters, { method, timeoutMs, signal });
        } catch (thrown) {
          const error = toAppError(thrown);
          const mayPost = error.code === 'cloudstack.method-refused' && method === 'GET';
          const waitMs = mayPost ? 0 : waitAfter(error, poll, attempt);
          if (waitMs === undefined || clock.monotonic() + waitMs >= deadline) throw thrown;
          readsByPost ||= mayPost;
          await sleep(waitMs, signal);
        }
      }
    },
  };
}

type Sending = Pick<HttpCall, 'method' | 'timeoutMs' | 'signal'>;

/** Reading is GET, as all versions allow; everything else is POST, which newer ones may enforce. */
const isReading = (command: string): boolean => /^(list|query)/.test(command);

/** Undefined where a call is not to be sent again. */
function waitAfter({ code, details }: AppError, poll: Poll, attempt: number): number | undefined {
  if (code !== 'cloudstack.rate-limited') return undefined;
  const askedMs = details['retryAfterMs'];
  return typeof askedMs === 'number' ? askedMs : Math.min(poll.maxMs, poll.firstMs * 2 ** (attempt - 1));
}

function signedParameters(
  { apiKey, secretKey }: CloudStackSettings,
  parameters: Parameters,
  nowMs: number,
): Parameters & { readonly signature: string } {
  const unsigned = {
    ...parameters,
    response: 'json',
    apiKey: apiKey.reveal(),
    signatureVersion: '3',
    expires: formatExpires(nowMs + EXPIRY_MS),
  };
  return { ...unsigned, signature: sign(unsigned, secretKey) };
}

/** Shorter ones are no keys of CloudStack, and may be words. */
const SECRET_LENGTH_MIN = 16;

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [secret, encodeValue(secret)])
    .reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
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
