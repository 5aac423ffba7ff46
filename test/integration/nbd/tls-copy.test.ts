import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';
import { Authority } from '../../support/certificates.ts';
import {
  type NbdServer,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startQemuNbd,
  TestFolder,
} from '../../support/nbd-servers.ts';

const SIZE = 32 * MiB;
/** Data at both ends, across request borders, and islands in holes. */
const ISLANDS = [
  { offset: 0, length: 4 * KiB },
  { offset: 1 * MiB - 512, length: 1024 },
  { offset: 3 * MiB, length: 13 * MiB + 12 * KiB },
  { offset: 24 * MiB + 64 * KiB, length: 512 },
  { offset: SIZE - 512, length: 512 },
];

const root = new TestFolder();
const authority = new Authority(root, 'authority');
const certificates = authority.server('server');
const client = authority.client('client');
const stranger = new Authority(root, 'other').client('stranger');
afterAll(() => root[Symbol.dispose]());

const TLS = ['--tls=require', `--tls-certificates=${certificates}`, '--tls-verify-peer'];
const CREDENTIALS = `tls-creds-x509,id=tls,endpoint=server,dir=${certificates},verify-peer=on`;

const nbds = (server: NbdServer, folder?: string): string =>
  server.uri().replace(/^nbd/, 'nbds') + (folder === undefined ? '' : `&tls-certificates=${folder}`);

const nbdkit = (folder: TestFolder, image: string): Promise<NbdServer> => startNbdkit(folder, ...TLS, 'file', image);
const qemu = (folder: TestFolder, image: string): Promise<NbdServer> =>
  startQemuNbd(folder, '--object', CREDENTIALS, '--tls-creds=tls', '--shared=8', '--format=raw', image);
const SERVERS = { nbdkit, 'qemu-nbd': qemu };

describe('a copy over TLS', () => {
  test.each([
    { from: 'nbdkit', to: 'nbdkit' },
    { from: 'nbdkit', to: 'qemu-nbd' },
    { from: 'qemu-nbd', to: 'nbdkit' },
  ] as const)('from $from to $to is equal', async ({ from: sourceServer, to: targetServer }) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, ISLANDS);
    await using from = await SERVERS[sourceServer](folder, image);
    await using to = await SERVERS[targetServer](folder, used);
    await using source = await openNbdDevice(nbds(from, client), { readOnly: true });
    await using target = await openNbdDevice(nbds(to, client));

    const result = await copyDisk({ source, target, lengthBytes: SIZE });

    expect(result.bytesCopied + result.bytesZeroed).toBe(SIZE);
    expect(result.bytesCopied).toBeLessThan(SIZE * 0.75);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test.each(['source', 'target'])('whose %s is killed and comes back is equal', async (which) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, ISLANDS);
    await using from = await nbdkit(folder, image);
    await using to = await nbdkit(folder, used);
    const timeouts = { handshakeMs: 5 * SECOND, stallMs: 5 * SECOND, outageMs: 30 * SECOND };
    await using source = await openNbdDevice(nbds(from, client), { readOnly: true, timeouts });
    await using target = await openNbdDevice(nbds(to, client), { timeouts });
    const victim = which === 'source' ? from : to;
    let restarted: Promise<void> | undefined;
    const restart = async (): Promise<void> => {
      await victim.kill();
      await victim.restart();
    };

    const result = await copyDisk({
      source,
      target,
      lengthBytes: SIZE,
      rate: new RateLimit(16 * MiB),
      progress: ({ bytesCopied }) => {
        if (bytesCopied > 4 * MiB) restarted ??= restart();
      },
    });

    expect(restarted).toBeDefined();
    await restarted;
    expect(target.restarts > 0).toBe(which === 'target');
    expect(result.bytesCopied + result.bytesZeroed).toBe(SIZE);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

describe('copy --tls-certificates', () => {
  /** The command as its users call it. */
  async function copy(...args: string[]): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [join(process.cwd(), 'src/bin/copy.ts'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const said = await text(child.stderr);
    return { code: await ended, said };
  }

  test('is for the sides whose URI names no folder', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, ISLANDS);
    await using from = await nbdkit(folder, image);
    await using to = await qemu(folder, used);

    expect(await copy(nbds(from), nbds(to, client), '--tls-certificates', stranger)).toMatchObject({
      code: 1,
      said: expect.stringContaining('nbd.tls-peer-unverified'),
    });
    expect(await sha256OfFile(used)).not.toBe(await sha256OfFile(image));
    expect(await copy(nbds(from), nbds(to, client), '--tls-certificates', client)).toEqual({ code: 0, said: '' });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('is refused where nothing would be encrypted, and without it so is TLS', async () => {
    expect(await copy('nbd://localhost:1/', 'null:', '--tls-certificates', client)).toMatchObject({
      code: 2,
      said: expect.stringContaining('nbds://'),
    });
    expect(await copy('nbds://localhost:1/', 'null:')).toMatchObject({
      code: 2,
      said: expect.stringContaining('nbd.tls-no-certificates'),
    });
  });
});
