import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceSession } from '../../../src/vma/contract.ts';
import { NO_VSPHERE, until, type VmaStand, vmaStand } from '../../support/vma-stand.ts';
import { accessOf, commandLinesWith, hashOfExport, QUICK, sourceRequest } from '../../support/source-stand.ts';
import { TestVcenter } from '../../support/vcenter.ts';

/**
 * nbdkit's plugin vddk needs a library that is not ours to have. A program in its place checks every parameter that it
 * is given, and reads the password where it is told to.
 */

const STAND_IN = join(process.cwd(), 'test/support/vddk-stand-in.sh');
const CAPACITY = 1024 * 1024;

let vcenter: TestVcenter;
let vma: VmaStand;
let seen: string;
beforeAll(async () => {
  vcenter = await TestVcenter.start({ taskDelayMs: 1 });
  vcenter.simulator.control.addVm({ name: 'web', disks: [{ capacityBytes: CAPACITY }], folder: 'front' });
  seen = await mkdtemp(join(tmpdir(), 'mkvddk-'));
  // The settings of the stand-in, too, are asked for at each start of a server.
  await writeFile(nbdkit(), `#!/bin/sh\n. ${join(seen, 'settings')}\nexec ${STAND_IN} "$@"\n`, { mode: 0o755 });
  const vsphere = { ...NO_VSPHERE, vddkDir: '/opt/vddk', nbdkit: nbdkit(), vddkTransports: 'hotadd:nbdssl' };
  vma = await vmaStand({ ...QUICK, config: { vsphere } });
});
afterAll(async () => {
  await vma.close();
  await vcenter[Symbol.asyncDispose]();
  await rm(seen, { recursive: true });
});
afterEach(async () => {
  for (const session of await vma.client.listSessions()) {
    await vma.client.endSession(session.session_id, { epoch: session.epoch, committed: false });
  }
});

const nbdkit = (): string => join(seen, 'nbdkit-with-vddk');
const expectedFile = (): string => join(seen, 'expected');

/** What the plugin has to be given for the snapshot that the next session takes. */
async function expectParameters(changes: Readonly<Record<string, string>> = {}): Promise<void> {
  const { simulator } = vcenter;
  const vm = simulator.control.vm('web');
  const parameters = {
    libdir: '/opt/vddk',
    server: '127.0.0.1',
    port: new URL(simulator.url).port,
    user: simulator.username,
    password: simulator.password.reveal(),
    thumbprint: simulator.thumbprint,
    vm: `moref=${vm.id}`,
    transports: 'hotadd:nbdssl',
    file: vm.disks[0]?.fileName ?? '',
    ...changes,
  };
  const lines = Object.entries(parameters).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(expectedFile(), lines.join(''));
  await rm(join(seen, 'keys'), { recursive: true, force: true });
  await mkdir(join(seen, 'keys'));
  await settle();
}

async function settle(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const { frozenDir } = vcenter.simulator;
  const settings = { VDDK_EXPECTED: expectedFile(), VDDK_SEEN: join(seen, 'keys'), VDDK_FROZEN: frozenDir, ...more };
  const lines = Object.entries(settings).map(([name, value]) => `export ${name}=${value}\n`);
  await writeFile(join(seen, 'settings'), lines.join(''));
}

const request = (fields = {}): ReturnType<typeof sourceRequest> =>
  sourceRequest('web', {
    vm: '/Lab/vm/front/web',
    disks: [{ disk_id: 'disk-2000' }],
    credentials: accessOf(vcenter),
    ...fields,
  });

describe('a disk that is read through VDDK', () => {
  async function served(fields: object = {}): Promise<SourceSession> {
    await expectParameters();
    return vma.client.createSession(request(fields));
  }

  test('gets every parameter, of the disk in the snapshot, and the password through a file descriptor', async () => {
    const session = await served();
    expect((await readdir(join(seen, 'keys'))).toSorted()).toEqual([
      'file',
      'libdir',
      'password',
      'port',
      'server',
      'snapshot',
      'thumbprint',
      'transports',
      'user',
      'vm',
    ]);
    const ref = session.facts?.snapshot_ref ?? '';
    expect((await readFile(join(seen, 'keys/snapshot'), 'utf8')).trim()).toBe(ref);
    expect(await hashOfExport(session, 'disk-2000')).toBe(await vcenter.simulator.control.hashOf(ref, 2000));

    const lines = await commandLinesWith(session.session_id);
    expect(lines.join('\n')).toMatch(/ password=-3 .* vm=moref=vm-\d+ snapshot=snapshot-\d+ .*file=\[datastore1\] /);
    expect(lines.join('\n')).not.toMatch(/filter=retry/);
    // The look through all processes would find it: it finds what is beside it.
    expect(await commandLinesWith(`user=${vcenter.simulator.username}`)).not.toEqual([]);
    expect(await commandLinesWith(vcenter.simulator.password.reveal())).toEqual([]);
  });

  test.each([['by an authority', (): object => ({ thumbprint: null, ca: vcenter.simulator.ca })]])(
    'gets the SHA-1 of the certificate also where vcenter is proven %s',
    async (_name, trust) => {
      const session = await served({ credentials: { ...accessOf(vcenter), ...trust() } });
      expect(session.disks[0]?.capacity_bytes).toBe(CAPACITY);
    },
  );

  test('a server that dies is started again, with the password', async () => {
    const session = await served();
    const hash = await hashOfExport(session, 'disk-2000');
    const pidOf = async (): Promise<number | undefined> => {
      for (const name of await readdir('/proc')) {
        if (/^\d+$/.test(name) && (await isServer(Number(name), session.session_id))) return Number(name);
      }
      return undefined;
    };
    const pid = await until(pidOf);
    process.kill(pid, 'SIGKILL');
    await until(async () => ![undefined, pid].includes(await pidOf()));
    expect(await until(() => hashOfExport(session, 'disk-2000').catch(() => undefined))).toBe(hash);
  });

  test.each([
    ['password', 'another one'],
    ['thumbprint', 'AA:BB'],
    ['vm', 'moref=vm-1'],
    ['file', '[datastore1] web/web-000009.vmdk'],
  ])('the check would see a wrong %s', async (key, value) => {
    await expectParameters({ [key]: value });
    await expect(vma.client.createSession(request())).rejects.toMatchObject({ code: 'source.export-failed' });
    await until(() => vcenter.simulator.control.vm('web').snapshots.length === 0);
  });

  test('a disk of another size than that of the snapshot is not served', async () => {
    await expectParameters();
    await settle({ VDDK_SIZE: '512' });
    await expect(vma.client.createSession(request())).rejects.toThrow(/it serves 512 bytes/);
  });
});

async function isServer(pid: number, sessionId: string): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.startsWith('nbdkit') && line.includes(sessionId);
}
