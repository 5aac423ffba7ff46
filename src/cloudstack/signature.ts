import { createHmac } from 'node:crypto';

/**
 * How a request to CloudStack is signed. Pure.
 *
 * The server joins `name=value` of all parameters but the signature, sorted by name as sent, with values encoded by
 * Java's URLEncoder (blanks as %20), lower-cases the whole and takes Base64(HMAC-SHA1). A value that is encoded
 * differently here than there gives 401, so the encoding below is Java's and not JavaScript's.
 * Source: Apache CloudStack, ApiServer.verifyRequest; developer guide, "Signing API Requests".
 */

/** Holds a secret without printing it; `Secret` of src/config is one. */
export interface SecretText {
  reveal(): string;
}

export type Parameters = Readonly<Record<string, string>>;

/** Java's URLEncoder leaves letters, digits and `. - _ *` bare; JavaScript also leaves `! ' ( ) ~`. */
export function encodeValue(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What is signed: sorted, encoded, lower-cased. */
export function canonicalQuery(parameters: Parameters): string {
  return Object.entries(parameters)
    .filter(([name]) => name.toLowerCase() !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join('&')
    .toLowerCase();
}

/** Base64 signature of `parameters` under `secretKey`; to be URL-encoded like any other value. */
export function sign(parameters: Parameters, secretKey: SecretText): string {
  return createHmac('sha1', secretKey.reveal()).update(canonicalQuery(parameters), 'utf8').digest('base64');
}

/** The one form of `expires` that every version accepts: `2026-11-22T02:00:00+0000`. */
export function formatExpires(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}+0000`;
}

/** Parameters as a query string or form body. Encoded as they are signed, so that no proxy can tell them apart. */
export function encodeParameters(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeValue(value)}`)
    .join('&');
}
