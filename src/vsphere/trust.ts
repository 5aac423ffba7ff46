import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, getCACertificates, type TLSSocket } from 'node:tls';
import { invalidRequest, precondition, type AppError } from '../base/errors.ts';

/**
 * How a vCenter proves who it is. There is no other way: a connection that proves nothing is not used, because the next
 * thing that goes over it is a password.
 */
export type VsphereTrust =
  /** Its certificate is this one, whoever signed it: SHA-1 or SHA-256 in hexadecimal, with or without colons. */
  | { readonly kind: 'thumbprint'; readonly thumbprint: string }
  /** Its certificate is signed by one of these (PEM) and made out to the name in the URL. */
  | { readonly kind: 'authority'; readonly certificates: string }
  /** The same by one of the authorities that this system trusts. */
  | { readonly kind: 'system' };

/** Trust that was checked, as connections use it. */
export interface Trust {
  readonly tls: ConnectionOptions;
  /** Why the server at the other end is not the right one; undefined when it is. Ask after the handshake. */
  refusal(socket: TLSSocket): AppError | undefined;
}

const SHA1_DIGITS = 40;
const SHA256_DIGITS = 64;

/** Errors: invalid-request `vsphere.thumbprint`; precondition `vsphere.authority-unreadable`. */
export function readTrust(trust: VsphereTrust): Trust {
  if (trust.kind === 'thumbprint') return pinned(trust.thumbprint);
  return trust.kind === 'authority' ? signed(readable(trust.certificates)) : signed(systemAuthorities());
}

/**
 * Chain, name and dates of a pinned certificate do not matter, so OpenSSL's opinion of them is not asked for: that the
 * server holds the key of the certificate is proven by the handshake itself. Source: RFC 8446, 4.4.3.
 */
function pinned(thumbprint: string): Trust {
  const wanted = thumbprint.replaceAll(':', '').toUpperCase();
  if (!/^[0-9A-F]+$/.test(wanted) || (wanted.length !== SHA1_DIGITS && wanted.length !== SHA256_DIGITS)) {
    throw invalidRequest('vsphere.thumbprint', 'the thumbprint is neither SHA-1 nor SHA-256 in hexadecimal', {
      hint: 'it has 20 or 32 bytes, e.g. AB:CD:...; openssl x509 -fingerprint -sha256 shows it',
    });
  }
  return {
    tls: { rejectUnauthorized: false },
    refusal(socket) {
      const certificate = socket.getPeerX509Certificate();
      const shown = wanted.length === SHA1_DIGITS ? certificate?.fingerprint : certificate?.fingerprint256;
      return shown?.replaceAll(':', '') === wanted ? undefined : wrongCertificate(shown);
    },
  };
}

function wrongCertificate(shown: string | undefined): AppError {
  return precondition(
    'vsphere.certificate-changed',
    `vcenter shows another certificate than the one it is known by: ${shown ?? 'none'}`,
    {
      hint: 'compare the thumbprint with the one that vcenter itself shows: either the certificate was renewed, or this is not that vcenter',
      details: { thumbprint: shown ?? 'none' },
    },
  );
}

function readable(certificates: string): string {
  try {
    new X509Certificate(certificates);
    return certificates;
  } catch (cause) {
    throw precondition('vsphere.authority-unreadable', 'the certificates of the authority are not PEM', {
      cause,
      hint: 'give the text of a file that begins with -----BEGIN CERTIFICATE-----',
    });
  }
}

const systemAuthorities = (): string[] => [
  ...new Set([...getCACertificates('default'), ...getCACertificates('system')]),
];

/**
 * OpenSSL and the check of the name judge, but the socket lives until `refusal` has read what the server showed: a person
 * needs the thumbprint to compare it.
 */
function signed(ca: string | string[]): Trust {
  return {
    tls: { ca, rejectUnauthorized: false },
    refusal(socket) {
      if (socket.authorized) return undefined;
      // Of type Error, but OpenSSL's findings are texts.
      const reason = socket.authorizationError;
      return unverified(reason instanceof Error ? reason.message : String(reason), socket.getPeerX509Certificate());
    },
  };
}

/** What OpenSSL, or the check of the name, has against the certificate. */
function unverified(reason: string, shown: X509Certificate | undefined): AppError {
  const thumbprint = shown?.fingerprint256 ?? 'none';
  return precondition(
    'vsphere.certificate-unverified',
    `vcenter is not proven to be what it should be: ${reason}; its certificate is ${thumbprint}`,
    {
      details: { thumbprint, reason },
      hint: 'compare the thumbprint with the one that vcenter itself shows, and pin it; or give the certificate of the authority that signed it, and the name that it is made out to',
    },
  );
}
