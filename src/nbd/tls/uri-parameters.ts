import { invalidRequest, type AppError } from '../../base/errors.ts';
import { invalidUri } from '../errors.ts';
import type { NbdAddress } from '../uri.ts';

/** What a URI says about its TLS. */
export interface TlsWish {
  /** Folder of the PEM files; undefined: the URI names none. */
  readonly certificatesPath: string | undefined;
  /** The name or address that the server's certificate must be made out to. */
  readonly hostname: string;
}

interface Parts {
  /** What this function understands is taken out. */
  readonly parameters: Map<string, string>;
  /** By the scheme. */
  readonly isAskedFor: boolean;
  readonly address: NbdAddress;
}

/**
 * `tls-certificates=DIR`, `tls-hostname=NAME`, `tls-verify-peer=1`, `tls-type=x509`. Undefined: no TLS.
 *
 * A socket path says nothing about who is behind it. libnbd leaves the server of `nbds+unix` unverified for this reason;
 * we verify it against `localhost` unless `tls-hostname` says otherwise, since whoever listens there is on this machine.
 * Errors: nbd.invalid-uri; nbd.tls-unsupported (pre-shared keys, anonymous TLS, a server that shall not be verified).
 * Source: NBD uri.md, "NBD URI query parameters related to TLS"; nbd_connect_uri(3).
 */
export function parseTlsParameters(text: string, parts: Parts): TlsWish | undefined {
  const { parameters, isAskedFor, address } = parts;
  const given = new Map([...parameters].filter(([key]) => key.startsWith('tls-')));
  const [first] = given.keys();
  if (first === undefined && !isAskedFor) return undefined;
  if (!isAskedFor) throw invalidUri(text, `"${first}" goes with nbds:// and nbds+unix://, this one is not encrypted`);
  refuseOtherKinds(text, given);
  const known = ['tls-certificates', 'tls-hostname', 'tls-verify-peer', 'tls-type'];
  for (const key of known) parameters.delete(key);
  const certificatesPath = given.get('tls-certificates');
  const hostname = given.get('tls-hostname');
  if (certificatesPath === '') throw invalidUri(text, '"tls-certificates" names no folder');
  if (hostname === '') throw invalidUri(text, '"tls-hostname" is empty');
  return { certificatesPath, hostname: hostname ?? (address.transport === 'tcp' ? address.host : 'localhost') };
}

function refuseOtherKinds(text: string, given: ReadonlyMap<string, string>): void {
  const type = given.get('tls-type');
  if (given.has('tls-psk-file') || type === 'psk') throw unsupported('pre-shared keys for TLS');
  if (type === 'anon') throw unsupported('TLS without certificates');
  if (type !== undefined && type !== 'x509') throw invalidUri(text, `"tls-type" is one of x509, psk, anon`);
  const verify = given.get('tls-verify-peer')?.toLowerCase();
  if (verify === undefined || ['1', 'true', 'yes', 'on'].includes(verify)) return;
  if (!['0', 'false', 'no', 'off'].includes(verify)) throw invalidUri(text, '"tls-verify-peer" is 0 or 1');
  throw unsupported('TLS with a server that is not verified');
}

function unsupported(what: string): AppError {
  return invalidRequest('nbd.tls-unsupported', `${what}: not supported`, {
    hint: 'use X.509: a folder with ca-cert.pem, and client-cert.pem and client-key.pem where the server wants them',
  });
}
