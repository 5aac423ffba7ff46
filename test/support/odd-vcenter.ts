import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { X509Certificate } from 'node:crypto';
import { Secret } from '../../src/config/secrets.ts';
import type { VsphereSettings } from '../../src/vsphere/session.ts';
import { Authority, type Issued } from './certificates.ts';
import { TestFolder } from './nbd-servers.ts';

/** Answers a request; true when it did, false for what a good vCenter would answer. */
export type Oddity = (method: string, request: string, response: ServerResponse) => boolean;

export const envelope = (body: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;

export const faultOf = (type: string, text = ''): string =>
  envelope(
    `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${text}</faultstring>` +
      `<detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}"/></detail></soapenv:Fault>`,
  );

const manager = (field: string, type: string): string => `<${field} type="${type}">${type}</${field}>`;
const CONTENT =
  manager('rootFolder', 'Folder') +
  manager('propertyCollector', 'PropertyCollector') +
  manager('viewManager', 'ViewManager') +
  '<about><fullName>Odd vCenter</fullName><version>8.0.2</version><build>1</build><apiType>VirtualCenter</apiType>' +
  '<apiVersion>8.0.2.0</apiVersion><instanceUuid>11111111-2222-3333-4444-555555555555</instanceUuid></about>' +
  manager('sessionManager', 'SessionManager') +
  manager('searchIndex', 'SearchIndex') +
  manager('eventManager', 'EventManager');

const GOOD: Readonly<Record<string, string>> = {
  RetrieveServiceContent: `<returnval>${CONTENT}</returnval>`,
  Login: '<returnval><key>k</key></returnval>',
  CurrentTime: '<returnval>2026-11-22T00:00:00Z</returnval>',
};

/** A vCenter that does what a test wants, where real ones and simulators of them do well. Dispose it. */
export class OddVcenter implements AsyncDisposable {
  /** Methods in the order of their requests. */
  readonly methods: string[] = [];
  readonly bodies: string[] = [];
  readonly authority: string;
  readonly thumbprint: string;
  oddity: Oddity = () => false;
  readonly #folder: TestFolder;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(folder: TestFolder, issued: Issued) {
    this.#folder = folder;
    const certificates = new Authority(folder, 'ca').server('odd', issued);
    const cert = readFileSync(`${certificates}/server-cert.pem`);
    this.authority = readFileSync(folder.file('ca/ca-cert.pem'), 'utf8');
    this.thumbprint = new X509Certificate(cert).fingerprint256;
    this.#server = createServer({ cert, key: readFileSync(`${certificates}/server-key.pem`) });
    this.#server.on('connection', (socket: Duplex) => this.#sockets.add(socket));
    this.#server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(issued: Issued = {}): Promise<OddVcenter> {
    const vcenter = new OddVcenter(new TestFolder(), issued);
    await new Promise<void>((resolve) => vcenter.#server.listen(0, '127.0.0.1', resolve));
    return vcenter;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  settings(changes: Partial<VsphereSettings> = {}): VsphereSettings {
    return {
      address: `https://127.0.0.1:${this.port}`,
      trust: { kind: 'thumbprint', thumbprint: this.thumbprint },
      username: 'user@vsphere.local',
      password: new Secret('a-password'),
      ...changes,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const method = /Body><(\w+)/.exec(body)?.[1] ?? '';
    this.methods.push(method);
    this.bodies.push(body);
    if (this.oddity(method, body, response)) return;
    if (method === 'Login') response.setHeader('set-cookie', 'vmware_soap_session="of a test"; Path=/; HttpOnly');
    response.end(envelope(`<${method}Response xmlns="urn:vim25">${GOOD[method] ?? ''}</${method}Response>`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#folder[Symbol.dispose]();
  }
}
