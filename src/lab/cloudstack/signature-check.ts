import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The server's half of request signing, after ApiServer.verifyRequest and java.net.URLEncoder: written from the rule
 * and not from our client's signer, so that each is a test of the other. Pure.
 */

const BARE = /[A-Za-z0-9.\-_*]/;

/** java.net.URLEncoder.encode(value, "UTF-8") with `+` turned into `%20`. */
export function javaUrlEncode(value: string): string {
  let encoded = '';
  for (const byte of Buffer.from(value, 'utf8')) {
    const char = String.fromCharCode(byte);
    encoded += byte < 0x80 && BARE.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

export interface SignedRequest {
  readonly apiKey: string;
  readonly signature: string;
  readonly signatureVersion: string | undefined;
  readonly expires: string | undefined;
  /** What the client had to sign. */
  readonly unsigned: string;
}

/** The request as the server sees it, or undefined without API key or signature. */
export function readSigned(parameters: ReadonlyMap<string, string>): SignedRequest | undefined {
  const known: Record<string, string> = {};
  const parts: string[] = [];
  for (const name of [...parameters.keys()].sort()) {
    const value = parameters.get(name) ?? '';
    const lower = name.toLowerCase();
    if (['signature', 'apikey', 'signatureversion', 'expires'].includes(lower)) known[lower] = value;
    if (lower !== 'signature') parts.push(`${name}=${javaUrlEncode(value)}`);
  }
  const { signature, apikey, signatureversion, expires } = known;
  if (signature === undefined || apikey === undefined) return undefined;
  return { apiKey: apikey, signature, signatureVersion: signatureversion, expires, unsigned: parts.join('&') };
}

export interface Verification {
  readonly secretKey: string;
  readonly nowMs: number;
  /** enforce.post.requests.and.timestamps: version 3 only, and an expiry at most 15 min ahead. */
  readonly enforced: boolean;
}

const EXPIRY_AHEAD_MAX_MS = 15 * 60 * 1000;

export function isVerified(request: SignedRequest, { secretKey, nowMs, enforced }: Verification): boolean {
  if (request.signatureVersion === '3') {
    const expiresMs = parseExpires(request.expires ?? '');
    if (expiresMs === undefined || expiresMs < nowMs) return false;
    if (enforced && expiresMs > nowMs + EXPIRY_AHEAD_MAX_MS) return false;
  } else if (enforced) {
    return false;
  }
  const expected = createHmac('sha1', secretKey).update(request.unsigned.toLowerCase(), 'utf8').digest('base64');
  const given = Buffer.from(request.signature);
  return given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
}

/** Forms that current versions take: `...+0000`, `...+00:00`, `...Z`. */
function parseExpires(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|[+-]\d\d:?\d\d)$/.exec(text);
  const [, moment, zone] = parts ?? [];
  if (moment === undefined || zone === undefined) return undefined;
  const colon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const ms = Date.parse(`${moment}${colon}`);
  return Number.isNaN(ms) ? undefined : ms;
}
