import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { unreadable } from './errors.ts';

/**
 * AES-128 first: as safe here as AES-256, and cheaper on processors that are slow at it. Servers may choose otherwise.
 * Source: RFC 8446, B.4.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * Reads a folder of PEM files, named as libnbd and nbdkit name them: `ca-cert.pem`; `client-cert.pem` and `client-key.pem`,
 * both or neither; `ca-crl.pem` where there is one. Only that authority is trusted, not those of the system.
 * Errors: nbd.tls-certificates-unreadable. Source: nbdkit-tls(1), nbd_set_tls_certificates(3).
 */
export async function readCredentials(folder: string): Promise<SecureContext> {
  const read = (name: string): Promise<Buffer | undefined> => readIfThere(join(folder, name));
  const [ca, crl, cert, key] = await Promise.all(
    ['ca-cert.pem', 'ca-crl.pem', 'client-cert.pem', 'client-key.pem'].map(read),
  );
  if (ca === undefined) throw unreadable(join(folder, 'ca-cert.pem'), 'it is not there');
  if ((cert === undefined) !== (key === undefined))
    throw unreadable(join(folder, cert === undefined ? 'client-cert.pem' : 'client-key.pem'), 'it is not there');
  checkCertificate(join(folder, 'ca-cert.pem'), ca);
  if (cert !== undefined) checkCertificate(join(folder, 'client-cert.pem'), cert);
  try {
    return createSecureContext({ ca, crl, cert, key, ciphers: CIPHERS, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** OpenSSL's own words for a bad authority name no file, and an empty one it takes for "trust nobody". */
function checkCertificate(path: string, pem: Buffer): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}
