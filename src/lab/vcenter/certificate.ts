import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** What the simulated vCenter proves itself with: signed by itself at the first start, and kept. */
export interface Certificate {
  /** PEM */
  readonly cert: string;
  readonly key: string;
  /** SHA-1, as VDDK wants it: AB:CD:... */
  readonly thumbprint: string;
}

/** Needs the program openssl. */
export function openCertificate(dir: string): Certificate {
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  if (!existsSync(certFile)) {
    const made = `${certFile}.new`;
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'],
        ...['-subj', '/O=MigrateKit lab/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
        ...['-keyout', keyFile, '-out', made],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 },
    );
    // The certificate is there only when its key is.
    renameSync(made, certFile);
  }
  const cert = readFileSync(certFile, 'utf8');
  return { cert, key: readFileSync(keyFile, 'utf8'), thumbprint: new X509Certificate(cert).fingerprint };
}
