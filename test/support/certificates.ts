import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFolder } from './nbd-servers.ts';

/** A certificate authority of a test: openssl makes what nbdkit, qemu and libnbd would get from certtool. */

export interface Issued {
  /** Subject alternative names; default: this machine's. */
  readonly names?: string;
  readonly isExpired?: boolean;
}

const LOCAL = 'DNS:localhost,IP:127.0.0.1';

export class Authority {
  readonly #path: string;

  /** @param name a folder of its own inside `folder` */
  constructor(folder: TestFolder, name: string) {
    this.#path = folder.file(name);
    mkdirSync(this.#path);
    this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca-key.pem');
    this.#openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      'ca-key.pem',
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
      '-out',
      'ca-cert.pem',
    );
  }

  file(name: string): string {
    return join(this.#path, name);
  }

  /** A folder for `nbdkit --tls-certificates` and for qemu's `dir=`: the authority, a server's certificate and its key. */
  server(name: string, issued: Issued = {}): string {
    return this.#issue(name, { role: 'server', ...issued });
  }

  /** A folder for our side: the authority, a client's certificate and its key. */
  client(name: string, issued: Issued = {}): string {
    return this.#issue(name, { role: 'client', ...issued });
  }

  /** A folder for a client that has nothing to show. */
  trust(name: string): string {
    const folder = join(this.#path, name);
    mkdirSync(folder);
    copyFileSync(this.file('ca-cert.pem'), join(folder, 'ca-cert.pem'));
    return folder;
  }

  /** A server whose certificate nobody but itself has signed. */
  selfSigned(name: string): string {
    const folder = this.trust(name);
    this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}/server-key.pem`);
    const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=${LOCAL}`];
    this.#openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      `${name}/server-key.pem`,
      ...subject,
      '-out',
      `${name}/server-cert.pem`,
    );
    return folder;
  }

  /** Puts a list that names the server's certificate into a client's folder. */
  revoke(serverFolder: string, clientFolder: string): void {
    const config = '[ca]\ndefault_ca=x\n[x]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=2\n';
    writeFileSync(this.file('ca.conf'), config);
    writeFileSync(this.file('index'), '');
    const by = ['ca', '-config', 'ca.conf', '-cert', 'ca-cert.pem', '-keyfile', 'ca-key.pem'];
    this.#openssl(...by, '-revoke', join(serverFolder, 'server-cert.pem'));
    this.#openssl(...by, '-gencrl', '-out', join(clientFolder, 'ca-crl.pem'));
  }

  #issue(name: string, { role, names = LOCAL, isExpired = false }: Issued & { readonly role: string }): string {
    const folder = this.trust(name);
    const key = `${name}/${role}-key.pem`;
    this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
    this.#openssl('req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    writeFileSync(this.file(`${name}.ext`), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
    const by = ['-CA', 'ca-cert.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.ext`];
    const days = isExpired ? '-1' : '2';
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-days', days, '-out', `${name}/${role}-cert.pem`);
    return folder;
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#path, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
