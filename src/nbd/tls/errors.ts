import { precondition, upstream, type AppError } from '../../base/errors.ts';

/** What can go wrong about certificates and TLS. None of it ever quotes the content of a file. */

export function noCertificates(device: string): AppError {
  return precondition(
    'nbd.tls-no-certificates',
    `${device} asks for TLS, but names no certificate authority to trust`,
    {
      hint: 'give a folder with ca-cert.pem: --tls-certificates DIR, or tls-certificates=DIR in the URI',
      details: { device },
    },
  );
}

export function unreadable(path: string, cause: unknown): AppError {
  return precondition('nbd.tls-certificates-unreadable', `cannot use ${path}: ${reasonOf(cause)}`, {
    hint: 'the folder holds PEM files: ca-cert.pem, and client-cert.pem with client-key.pem (no passphrase) for a client',
    cause,
    details: { path },
  });
}

export interface TlsFailure {
  readonly device: string;
  readonly hostname: string;
  /** The server proved who it is; what failed came later. */
  readonly isVerified: boolean;
  /** Why the server's certificate was not accepted. */
  readonly refusal: string | undefined;
  readonly cause: Error & { readonly code?: string };
}

/** The same codes for OpenSSL's many: who is not who it should be, and what went wrong otherwise. */
export function tlsFailed(failure: TlsFailure): AppError {
  const { device, hostname, isVerified, refusal, cause } = failure;
  const details = { device, hostname, reason: refusal ?? cause.code };
  if (refusal !== undefined) {
    return precondition('nbd.tls-peer-unverified', `${device} is not proven to be "${hostname}": ${cause.message}`, {
      hint: hintOf(refusal),
      cause,
      details,
    });
  }
  const isSaid = cause.code?.startsWith('ERR_SSL_') === true;
  const make = isSaid ? precondition : upstream;
  return make('nbd.tls-handshake-failed', `no TLS with ${device}: ${cause.message}`, {
    hint: isVerified
      ? 'the server may want a client certificate that it trusts: client-cert.pem and client-key.pem'
      : 'the server must speak TLS 1.2 or later on this address',
    cause,
    details,
  });
}

function hintOf(refusal: string): string {
  if (refusal === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'the certificate is made out to another name: if that is the right server, give its name by tls-hostname=NAME';
  if (refusal === 'CERT_HAS_EXPIRED') return 'renew the certificate of the server, or of its authority';
  if (refusal === 'CERT_NOT_YET_VALID') return 'compare the clocks of both machines';
  if (refusal === 'CERT_REVOKED') return 'the list of revoked certificates (ca-crl.pem) names it';
  return 'ca-cert.pem must be the authority that signed the certificate of the server';
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
