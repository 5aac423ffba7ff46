import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

/** A folder of certificates for both ends of one machine: an authority, a server of the name localhost, a client. */
export function makeCertificates(folder: string): string {
  mkdirSync(folder);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const makeKey = (who: string): void =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${who}-key.pem`);
  makeKey('ca');
  openssl('req', '-x509', '-new', '-key', 'ca-key.pem', '-subj', '/CN=benchmark', '-days', '2', '-out', 'ca-cert.pem');
  writeFileSync(`${folder}/extensions`, 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n');
  for (const who of ['server', 'client']) {
    makeKey(who);
    openssl('req', '-new', '-key', `${who}-key.pem`, '-subj', `/CN=${who}`, '-out', `${who}.csr`);
    const by = ['-CA', 'ca-cert.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'extensions'];
    openssl('x509', '-req', '-in', `${who}.csr`, ...by, '-days', '2', '-out', `${who}-cert.pem`);
  }
  return folder;
}
