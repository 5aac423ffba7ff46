import { X509Certificate } from 'node:crypto';

/** What a person may write about the certificate that a server must show. */

const DIGITS_OF_SHA1 = 40;
const DIGITS_OF_SHA256 = 64;

/**
 * A thumbprint as VDDK wants it, hex in capitals with colons, from any usual form; undefined for what is none. SHA-1 or
 * SHA-256 of the certificate, told apart by its length.
 */
export function normalThumbprint(text: string): string | undefined {
  if (!/^[0-9a-f]{2}(?::?[0-9a-f]{2})+$/i.test(text)) return undefined;
  const digits = text.replaceAll(':', '').toUpperCase();
  if (digits.length !== DIGITS_OF_SHA1 && digits.length !== DIGITS_OF_SHA256) return undefined;
  return digits.replace(/..(?!$)/g, '$&:');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Whether it is one PEM certificate or several, and nothing else: a key pasted with them would be stored in the clear. */
export function isCertificates(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return certificates.length > 0 && pem.replace(CERTIFICATE, '').trim() === '' && certificates.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
