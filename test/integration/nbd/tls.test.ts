import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { openNbdDevice, type NbdDevice } from '../../../src/nbd/device.ts';
import type { NbdDeviceOptions } from '../../../src/nbd/device-options.ts';
import { Authority } from '../../support/certificates.ts';
import { concat, optionReply, text, u16 } from '../../support/nbd-bytes.ts';
import {
  noise,
  startNbdkit,
  startNbdkitOnTcp,
  startQemuNbd,
  TestFolder,
  writeUsed,
} from '../../support/nbd-servers.ts';
import type { NbdServer } from '../../support/nbd-servers.ts';

const SIZE = 4 * MiB;
const root = new TestFolder();
const ours = new Authority(root, 'ours');
const others = new Authority(root, 'others');
const good = ours.server('server');
const client = ours.client('client');
afterAll(() => root[Symbol.dispose]());

const quick: NbdDeviceOptions = { connections: 1, retries: 0, timeouts: { handshakeMs: 2_000 } };

/** The same server, spoken to under TLS. */
function secure(server: NbdServer, parameters: Record<string, string> = { 'tls-certificates': client }): string {
  const uri = server.uri().replace(/^nbd/, 'nbds');
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${uri}${uri.includes('?') ? '&' : '?'}${query.join('&')}`;
}

const nbdkit = (certificates: string, ...args: string[]): Promise<NbdServer> =>
  startNbdkit(root, '--tls=require', `--tls-certificates=${certificates}`, ...args, 'memory', String(SIZE));

async function qemu(credentials: string): Promise<NbdServer> {
  const image = root.file('image');
  await writeUsed(image, SIZE);
  const object = `tls-creds-x509,id=tls,endpoint=server,dir=${good},${credentials}`;
  return startQemuNbd(root, '--object', object, '--tls-creds=tls', '--format=raw', image);
}

async function writesAndReads(device: NbdDevice): Promise<void> {
  const from = noise(1 * MiB, 7);
  const into = Buffer.alloc(from.length);
  await device.write(512 * 1024, from);
  await device.flush();
  await device.read(512 * 1024, into);
  expect(into.equals(from)).toBe(true);
}

describe('a device over TLS', () => {
  test.each<[string, () => Promise<NbdServer>]>([
    ['nbdkit that insists on it', () => nbdkit(good)],
    ['nbdkit that wants to know its clients', () => nbdkit(good, '--tls-verify-peer')],
    [
      'nbdkit that leaves the choice, over TCP',
      () => startNbdkitOnTcp('--tls=on', `--tls-certificates=${good}`, 'memory', String(SIZE)),
    ],
    ['qemu-nbd that wants to know its clients', () => qemu('verify-peer=on')],
    ['qemu-nbd that speaks only TLS 1.2', () => qemu('priority=NORMAL:-VERS-TLS1.3')],
  ])('reads and writes at %s', async (_name, start) => {
    await using server = await start();
    await using device = await openNbdDevice(secure(server), { connections: 2 });
    await writesAndReads(device);
  });

  test('takes its certificates from the options where the URI names none, and the URI comes first', async () => {
    await using server = await nbdkit(good);
    await using device = await openNbdDevice(secure(server, {}), { ...quick, tlsCertificates: client });
    await device.read(0, Buffer.alloc(512));
    await using other = await openNbdDevice(secure(server), { ...quick, tlsCertificates: others.trust('first') });
    await other.read(0, Buffer.alloc(512));
  });

  test('reads its certificates once', async () => {
    const folder = ours.client('passing');
    await using server = await nbdkit(good);
    await using device = await openNbdDevice(secure(server, { 'tls-certificates': folder }), { connections: 1 });
    rmSync(folder, { recursive: true });
    await server.kill();
    const reading = device.read(0, Buffer.alloc(512));
    await server.restart();
    await reading;
  });

  test('needs a certificate authority to trust', async () => {
    await expect(openNbdDevice('nbds://localhost:1/')).rejects.toMatchObject({
      code: 'nbd.tls-no-certificates',
      hint: expect.stringContaining('tls-certificates'),
    });
  });
});

describe('a server that is not who it should be', () => {
  const asked = (hostname: string): Record<string, string> => ({ 'tls-hostname': hostname });
  test.each([
    { who: 'has a certificate of another authority', by: () => others.server('foreign'), reason: 'UNABLE_TO_VERIFY' },
    { who: 'has signed its own certificate', by: () => ours.selfSigned('alone'), reason: 'SELF_SIGNED' },
    { who: 'has an old one', by: () => ours.server('expired', { isExpired: true }), reason: 'CERT_HAS_EXPIRED' },
    { who: 'is somebody else', by: () => ours.server('else', { names: 'DNS:vma.example' }), reason: 'ALTNAME' },
    { who: 'is not the one that is asked for', by: () => good, reason: 'ALTNAME', parameters: asked('vma.example') },
    { who: 'is not at the address asked for', by: () => good, reason: 'ALTNAME', parameters: asked('10.0.0.1') },
  ])('because it $who is left before anything is said', async ({ by, reason, parameters }) => {
    const log = root.file('log');
    await using server = await startNbdkit(
      root,
      ...['--tls=require', `--tls-certificates=${by()}`, '--filter=log', 'memory', '1M', `logfile=${log}`],
    );
    const uri = secure(server, { 'tls-certificates': client, ...parameters });
    await expect(openNbdDevice(uri, quick)).rejects.toMatchObject({
      code: 'nbd.tls-peer-unverified',
      retry: 'never',
      hint: expect.any(String),
      details: { reason: expect.stringContaining(reason) },
    });
    expect(await readFile(log, 'utf8').catch(() => '')).not.toContain('Connect');
  });

  test('because its certificate was revoked is left too', async () => {
    const revoked = ours.server('revoked');
    const folder = ours.client('careful');
    ours.revoke(revoked, folder);
    await using server = await nbdkit(revoked);
    await using other = await nbdkit(good);
    await expect(openNbdDevice(secure(server, { 'tls-certificates': folder }), quick)).rejects.toMatchObject({
      code: 'nbd.tls-peer-unverified',
      details: { reason: 'CERT_REVOKED' },
    });
    await using device = await openNbdDevice(secure(other, { 'tls-certificates': folder }), quick);
    await device.read(0, Buffer.alloc(512));
  });

  test('is the right one when its other name is given', async () => {
    await using server = await nbdkit(ours.server('named', { names: 'DNS:vma.example' }));
    const parameters = { 'tls-certificates': client, 'tls-hostname': 'vma.example' };
    await using device = await openNbdDevice(secure(server, parameters), quick);
    await device.read(0, Buffer.alloc(512));
  });
});

describe('a client that has nothing to show', () => {
  test.each<[string, () => Promise<NbdServer>]>([
    ['nbdkit', () => nbdkit(good, '--tls-verify-peer')],
    ['qemu-nbd', () => qemu('verify-peer=on')],
    ['qemu-nbd under TLS 1.2', () => qemu('verify-peer=on,priority=NORMAL:-VERS-TLS1.3')],
  ])('is told so where %s wants a certificate', async (_name, start) => {
    await using server = await start();
    const folders = { none: ours.trust(`trust-${_name}`), foreign: others.client(`client-${_name}`) };
    writeFileSync(`${folders.foreign}/ca-cert.pem`, await readFile(`${client}/ca-cert.pem`));
    for (const folder of Object.values(folders)) {
      await expect(openNbdDevice(secure(server, { 'tls-certificates': folder }), quick)).rejects.toMatchObject({
        code: 'nbd.tls-handshake-failed',
        hint: expect.stringContaining('client certificate'),
      });
    }
    // One that fails does not end the server.
    await using device = await openNbdDevice(secure(server), quick);
    await device.read(0, Buffer.alloc(512));
  });
});

describe('nobody goes on in the clear', () => {
  test('with a server that refuses TLS, or insists on it', async () => {
    await using plain = await startNbdkit(root, 'memory', '1M');
    await using strict = await nbdkit(good);
    await expect(openNbdDevice(secure(plain), quick)).rejects.toMatchObject({
      code: 'nbd.tls-refused',
      retry: 'never',
    });
    await expect(openNbdDevice(strict.uri(), quick)).rejects.toMatchObject({
      code: 'nbd.tls-required',
      hint: expect.stringContaining('nbds'),
    });
  });

  test('with a server of an old style', async () => {
    await using server = await startNbdkit(root, '--mask-handshake=0', 'memory', '1M');
    await expect(openNbdDevice(secure(server), quick)).rejects.toMatchObject({ code: 'nbd.tls-refused' });
  });

  test('with a server that shows something else to those who do', async () => {
    await using server = await startNbdkit(
      root,
      ...['--tls=on', `--tls-certificates=${good}`, '--filter=tls-fallback', 'memory', '1M'],
    );
    await using secret = await openNbdDevice(secure(server), quick);
    await using open = await openNbdDevice(server.uri(), { ...quick, readOnly: true });
    expect([secret.sizeBytes, open.sizeBytes]).toEqual([1 * MiB, 512]);
  });

  const AGREED = concat(text('NBDMAGIC'), text('IHAVEOPT'), u16(3), optionReply(5, 1));
  const REST = concat(optionReply(8, 0x80000001), optionReply(7, 1));
  test.each<[string, (socket: Socket) => void, string]>([
    ['slips in answers behind the agreement', (socket) => socket.write(concat(AGREED, REST)), 'nbd.protocol'],
    [
      'answers in the clear what was asked under TLS',
      (socket) => {
        socket.write(AGREED);
        // The client's first words under TLS.
        socket.on('data', (bytes: Buffer) => bytes.includes(Buffer.of(22, 3, 1)) && socket.write(REST));
      },
      'nbd.tls-handshake-failed',
    ],
    ['agrees and says no more', (socket) => socket.write(AGREED), 'nbd.handshake-timeout'],
    ['agrees and hangs up', (socket) => socket.end(AGREED), 'nbd.tls-handshake-failed'],
  ])('with a server that %s', async (_name, onConnect, code) => {
    const path = root.file('hostile');
    const heard: Buffer[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined).on('data', (bytes: Buffer) => void heard.push(bytes)));
      onConnect(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const uri = `nbds+unix:///disk?socket=${path}&tls-certificates=${client}`;
      const options = { ...quick, timeouts: { handshakeMs: 500 } };
      await expect(openNbdDevice(uri, options)).rejects.toMatchObject({ code });
      // Not even the name of the export was said.
      expect(Buffer.concat(heard).includes('disk')).toBe(false);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('certificates that are of no use', () => {
  test.each<[string, string, (folder: string) => void]>([
    ['the authority is missing', 'ca-cert.pem', (folder) => rmSync(`${folder}/ca-cert.pem`)],
    ['the authority is no certificate', 'ca-cert.pem', (folder) => writeFileSync(`${folder}/ca-cert.pem`, 'hello')],
    ['the authority is empty', 'ca-cert.pem', (folder) => writeFileSync(`${folder}/ca-cert.pem`, '')],
    ['the key is missing', 'client-key.pem', (folder) => rmSync(`${folder}/client-key.pem`)],
    ['the certificate is missing', 'client-cert.pem', (folder) => rmSync(`${folder}/client-cert.pem`)],
    ['the key is none', 'odd', (folder) => writeFileSync(`${folder}/client-key.pem`, 'secret-of-mine')],
    ['the list of the revoked is none', 'odd', (folder) => writeFileSync(`${folder}/ca-crl.pem`, 'hello')],
  ])('because %s are named', async (why, where, spoil) => {
    const folder = ours.client(`odd ${why}`);
    spoil(folder);
    const uri = `nbds://localhost:1/?tls-certificates=${encodeURIComponent(folder)}`;
    const error: unknown = await openNbdDevice(uri, quick).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'nbd.tls-certificates-unreadable',
      message: expect.stringContaining(where),
      hint: expect.stringContaining('PEM'),
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-of-mine');
  });

  test('because the key belongs to another certificate are named', async () => {
    const folder = ours.client('mixed');
    writeFileSync(`${folder}/client-key.pem`, await readFile(`${client}/client-key.pem`));
    const uri = `nbds://localhost:1/?tls-certificates=${folder}`;
    await expect(openNbdDevice(uri, quick)).rejects.toMatchObject({ code: 'nbd.tls-certificates-unreadable' });
  });
});
