import { upstream } from '../base/errors.ts';
import { KiB, SECOND } from '../base/units.ts';
import type { CallOptions } from './client.ts';
import type { SecretText } from './signature.ts';

/**
 * The text on the serial console of a VM. CloudStack itself shows consoles to people in a browser and gives no text of
 * them, so this asks whatever server an operator has put beside it.
 */

export interface ConsoleTextSettings {
  /** URL with `{vm_id}` where the id of the VM belongs. */
  readonly urlTemplate: string;
  /** Sent as bearer token. */
  readonly token: SecretText | undefined;
}

/** The end of the console text of a VM; undefined when the server knows no text of this VM. */
export type ReadConsoleText = (vmId: string, options?: CallOptions) => Promise<string | undefined>;

const TIMEOUT_MS = 10 * SECOND;
/** Of a longer text the end counts. */
const KEPT_BYTES = 64 * KiB;
/** A server that gives more than this for one console is not asked on. */
const READ_BYTES_MAX = 16 * 1024 * KiB;

/**
 * Reads console texts as UTF-8 from `settings.urlTemplate`. Each call throws upstream `console.unreachable` (no answer
 * in time, or one that is too long) and `console.refused` (any status besides 200 and 404), and the reason of `signal`.
 */
export function consoleTextReader(settings: ConsoleTextSettings): ReadConsoleText {
  return async (vmId, options = {}) => {
    const { status, text } = await ask(settings, vmId, options);
    if (status === 404) return undefined;
    if (status === 200) return text;
    throw upstream('console.refused', `the server of console texts answers with status ${status}`, {
      details: { vmId, status },
      hint: 'check MIGRATEKIT_CONSOLE_TEXT_URL and MIGRATEKIT_CONSOLE_TEXT_TOKEN',
    });
  };
}

async function ask(
  { urlTemplate, token }: ConsoleTextSettings,
  vmId: string,
  { signal: asked, timeoutMs = TIMEOUT_MS }: CallOptions,
): Promise<{ status: number; text: string }> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = asked === undefined ? deadline : AbortSignal.any([deadline, asked]);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
  try {
    const response = await fetch(urlTemplate.replaceAll('{vm_id}', encodeURIComponent(vmId)), {
      headers: { accept: 'text/plain', ...authorization },
      redirect: 'error',
      signal,
    });
    return { status: response.status, text: await endOf(response) };
  } catch (cause) {
    if (asked?.aborted === true) throw asked.reason;
    throw upstream('console.unreachable', 'the server of console texts does not answer', {
      cause,
      details: { vmId },
      hint: 'check MIGRATEKIT_CONSOLE_TEXT_URL',
    });
  }
}

async function endOf(response: Response): Promise<string> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  let kept = Buffer.alloc(0);
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > READ_BYTES_MAX) throw new Error(`the console text is longer than ${READ_BYTES_MAX} bytes`);
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > KEPT_BYTES) kept = kept.subarray(kept.length - KEPT_BYTES);
  }
  return kept.toString('utf8');
}
