import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GiB, MiB } from '../../../src/base/units.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import {
  filesBelow,
  rawImage,
  readExport,
  run,
  sessionRequest,
  until,
  type VmaStand,
  vmaStand,
  writeAt,
  writeDescriptor,
} from '../../support/vma-stand.ts';

let stand: VmaStand;
const children: ChildProcess[] = [];
beforeEach(async () => {
  stand = await vmaStand({ lockTimeoutMs: 500 });
});
afterEach(async () => {
  for (const child of children.splice(0)) killGroup(child);
  await stand.close();
});

/** A child that leads a group goes with all that it started: a writer's own children would go on making files. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

async function folderOf(name: string): Promise<string> {
  const folder = join(stand.root, name);
  await mkdir(folder);
  return folder;
}

const snapshot = (vm: string, jobId = 'job-1'): Promise<SourceSession> =>
  stand.client.createSession(sessionRequest(vm, { job_id: jobId }));

/** After a refusal nothing of the session may remain. */
async function expectNothingLeft(): Promise<void> {
  const files = await filesBelow(stand.config.stateDir);
  expect(files.filter((path) => /\.(raw|index|sock)$/.test(path) || path.endsWith('session.json'))).toEqual([]);
  expect(await readdir(join(stand.config.stateDir, 'preparing'))).toEqual([]);
}

describe('formats', () => {
  const content = randomBytes(3 * MiB);
  test.each([
    ['qcow2', 'disk.qcow2', []],
    ['qcow2', 'compressed.qcow2', ['-c']],
    ['vmdk', 'disk.vmdk', []],
    ['vmdk', 'stream.vmdk', ['-o', 'subformat=streamOptimized']],
    ['vmdk', 'flat.vmdk', ['-o', 'subformat=monolithicFlat']],
    ['vmdk', 'split.vmdk', ['-o', 'subformat=twoGbMaxExtentSparse']],
  ])('a %s image (%s) is served as what its guest sees', async (format, file, options) => {
    const folder = await folderOf('web');
    const plain = join(stand.root, '..', 'plain');
    await rawImage(plain, 16 * MiB, [{ at: 5 * MiB, bytes: content }]);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, plain, join(folder, file)]);
    const vm = await stand.client.folderVm('web');
    expect(vm.disks).toMatchObject([{ disk_id: 'disk-2000', file, format, capacity_bytes: 16 * MiB }]);
    const session = await snapshot('web');
    expect((await readExport(session)).equals(await readFile(plain))).toBe(true);
  });

  test('a raw disk whose guest wrote a qcow2 header into it is served as it is', async () => {
    const folder = await folderOf('web');
    await writeFile(join(stand.root, '..', 'secret'), randomBytes(1 * MiB));
    const image = join(folder, 'disk.img');
    await run('qemu-img', ['create', '-f', 'qcow2', '-F', 'raw', '-b', join(stand.root, '../secret'), image, '1M']);
    await run('truncate', ['-s', '%512', image]);
    const session = await snapshot('web');
    expect((await readExport(session)).equals(await readFile(image))).toBe(true);
  });
});

describe('images that are refused', () => {
  const vmdk = (extents: string, extra = ''): string =>
    `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n${extra}\n${extents}\n`;
  const qemu =
    (...args: string[]) =>
    (folder: string) =>
      run(
        'qemu-img',
        args.map((arg) => arg.replace('@', `${folder}/`)),
      );

  test.each<[string, string, (folder: string) => Promise<unknown>]>([
    [
      'a qcow2 backing file',
      'disk.qcow2',
      qemu('create', '-fqcow2', '-Fraw', '-b', '/etc/hostname', '@disk.qcow2', '1M'),
    ],
    ['a qcow2 data file', 'disk.qcow2', qemu('create', '-fqcow2', '-o', 'data_file=@d.raw', '@disk.qcow2', '1M')],
    [
      'an encrypted qcow2',
      'disk.qcow2',
      // AES and not LUKS, for which qemu-img measures the processor first, and fails where the clock is coarse.
      qemu(
        'create',
        '-fqcow2',
        '--object',
        'secret,id=s,data=sixteen-letters!',
        '-o',
        'encrypt.format=aes,encrypt.key-secret=s',
        '@disk.qcow2',
        '1M',
      ),
    ],
    ['a qcow2 that is none', 'disk.qcow2', (folder) => writeFile(join(folder, 'disk.qcow2'), randomBytes(1024))],
    [
      'a VMDK extent elsewhere',
      'disk.vmdk',
      (f) => writeFile(join(f, 'disk.vmdk'), vmdk('RW 8 FLAT "/etc/hostname" 0')),
    ],
    ['a VMDK extent above', 'disk.vmdk', (f) => writeFile(join(f, 'disk.vmdk'), vmdk('RW 8 FLAT "../x" 0'))],
    [
      'a VMDK over the network',
      'disk.vmdk',
      (f) => writeFile(join(f, 'disk.vmdk'), vmdk('RW 8 FLAT "nbd:1.2.3.4:1" 0')),
    ],
    [
      'a VMDK with a parent',
      'disk.vmdk',
      (f) => writeFile(join(f, 'disk.vmdk'), vmdk('RW 8 FLAT "x-flat.vmdk" 0', 'parentFileNameHint="/etc/hostname"')),
    ],
    ['a broken VMDK', 'disk.vmdk', (folder) => writeFile(join(folder, 'disk.vmdk'), randomBytes(1024))],
    ['an empty image', 'disk.img', (folder) => writeFile(join(folder, 'disk.img'), '')],
    ['a size of half a sector', 'disk.img', (folder) => rawImage(join(folder, 'disk.img'), 1 * MiB + 100)],
    ['a link', 'disk.img', (folder) => symlink('/etc/hostname', join(folder, 'disk.img'))],
    ['a device', 'disk.img', (folder) => symlink('/dev/zero', join(folder, 'disk.img'))],
    ['a folder', 'disk.img', (folder) => mkdir(join(folder, 'disk.img'))],
  ])('%s', async (_what, file, make) => {
    const folder = await folderOf('web');
    await make(folder);
    const format = { qcow2: 'qcow2', vmdk: 'vmdk' }[file.split('.')[1] ?? ''] ?? 'raw';
    await writeDescriptor(folder, [{ disk_id: 'disk-2000', file, format, unit_number: 0, label: 'Hard disk 1' }]);
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.image-refused', kind: 'precondition' });
    await expect(snapshot('web', 'job-2')).rejects.toThrow(/cannot be a source/);
    expect((await stand.client.folderVms()).problems).toMatchObject([{ name: 'web', code: 'source.image-refused' }]);
    await expectNothingLeft();
  });

  test('a missing image, and a descriptor that leads elsewhere', async () => {
    const folder = await folderOf('web');
    const disk = { disk_id: 'disk-2000', file: 'gone.img', format: 'raw', unit_number: 0, label: 'x' };
    await writeDescriptor(folder, [disk]);
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.image-missing', hint: expect.any(String) });
    for (const bad of [
      [{ ...disk, file: '../x.img' }],
      [{ ...disk, file: '/etc/hostname' }],
      [{ ...disk, disk_id: '../../x' }],
      [{ ...disk, format: 'vhdx' }],
      [disk, disk],
    ]) {
      await writeDescriptor(folder, bad);
      await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.descriptor-invalid' });
    }
    await writeDescriptor(folder, [disk], { uuid: '../../..' });
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.descriptor-invalid' });
    await expectNothingLeft();
  });

  test('names that leave the root', async () => {
    await mkdir(join(stand.root, '..', 'outside'));
    await symlink(join(stand.root, '..', 'outside'), join(stand.root, 'link'));
    await expect(snapshot('link')).rejects.toMatchObject({ code: 'source.vm-unknown' });
    for (const name of ['..', '.', '../outside', '/etc', 'a/b', 'a\u0000b', '.hidden']) {
      await expect(snapshot(name)).rejects.toMatchObject({ code: 'source.name-invalid', kind: 'invalid-request' });
      await expect(stand.client.folderVm(name)).rejects.toThrow();
    }
  });
});

describe('freezing', () => {
  test('an image that another process has open for writing is refused until it is released', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'disk.img'), 1 * MiB);
    const socket = join(stand.config.runDir, 'writer');
    const writer = spawn('qemu-nbd', ['--persistent', '-f', 'raw', '-k', socket, join(folder, 'disk.img')]);
    children.push(writer);
    await until(() =>
      run('nbdinfo', ['--size', `nbd+unix:///?socket=${socket}`]).then(
        () => true,
        () => false,
      ),
    );
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.image-locked', kind: 'conflict' });
    writer.kill('SIGTERM');
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(await snapshot('web')).toMatchObject({ vm: 'web' });
  });

  test('the lock of the folder is respected: busy while somebody holds it', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'disk.img'), 1 * MiB);
    const holder = spawn('flock', ['--no-fork', join(folder, '.migratekit.lock'), 'cat']);
    children.push(holder);
    holder.stdin.write('x');
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.folder-busy' });
    await expectNothingLeft();
    holder.kill();
    await new Promise((resolve) => holder.once('exit', resolve));
    expect(await snapshot('web')).toMatchObject({ vm: 'web' });
  });

  test('two disks show one moment of a writer that takes the lock', async () => {
    const folder = await folderOf('web');
    const [one, two] = [join(folder, 'a.img'), join(folder, 'b.img')];
    for (const path of [one, two]) await rawImage(path, 1 * MiB, [{ at: 0, bytes: Buffer.from('00000000') }]);
    const script = `n=1; while :; do n=$((n+1)); flock "$3" sh -c 'printf %08d '$n' | dd of="$1" conv=notrunc status=none; printf %08d '$n' | dd of="$2" conv=notrunc status=none' sh "$1" "$2"; done`;
    children.push(spawn('sh', ['-c', script, 'sh', one, two, join(folder, '.migratekit.lock')], { detached: true }));
    await stand.restart({ lockTimeoutMs: 30_000 });
    const seen = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      const disks = [{ disk_id: 'disk-2000' }, { disk_id: 'disk-2001' }];
      const session = await stand.client.createSession(sessionRequest('web', { job_id: `job-${round}`, disks }));
      const [a, b] = [await readExport(session, 'disk-2000'), await readExport(session, 'disk-2001')];
      expect(a.toString('latin1', 0, 8)).toMatch(/^\d{8}$/);
      expect(a.toString('latin1', 0, 8)).toBe(b.toString('latin1', 0, 8));
      seen.add(a.toString('latin1', 0, 8));
      await stand.client.endSession(session.session_id, { epoch: 1, committed: false });
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('a writer without the lock is noticed', async () => {
    const folder = await folderOf('web');
    const image = join(folder, 'disk.img');
    await rawImage(image, 64 * MiB, [{ at: 0, bytes: randomBytes(60 * MiB) }]);
    let writing = true;
    const writer = (async () => {
      const file = await open(image, 'r+');
      while (writing) {
        await file.write(randomBytes(1), 0, 1, 0);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await file.close();
    })();
    try {
      await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.image-changed', retry: 'backoff' });
    } finally {
      writing = false;
      await writer;
    }
    await expectNothingLeft();
    expect(await snapshot('web')).toMatchObject({ vm: 'web' });
  });

  test('without room nothing is begun, and what was begun is cleared away', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'disk.img'), 1 * MiB, [{ at: 0, bytes: randomBytes(100) }]);
    await stand.restart({ reserveBytes: 1_000_000 * GiB });
    await expect(snapshot('web')).rejects.toMatchObject({ code: 'source.no-space', kind: 'precondition' });
    await expectNothingLeft();
    await stand.restart();
    expect(await snapshot('web')).toMatchObject({ vm: 'web' });
  });

  test('a disk that fills up while copying is a clear refusal', async () => {
    // A small file system of its own; where mounting is not allowed there is nothing to test it with.
    const small = join(stand.root, '..', 'small');
    await mkdir(small);
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).then(
      () => true,
      () => false,
    );
    if (!mounted) {
      process.stderr.write('skipped: mounting a small file system is not allowed here\n');
      return;
    }
    const folder = await folderOf('web');
    // Compressed to almost nothing, so the estimate is far too low and the conversion runs out of space.
    const plain = join(stand.root, '..', 'plain');
    await writeFile(plain, Buffer.alloc(32 * MiB, 'abc'));
    await run('qemu-img', ['convert', '-c', '-O', 'qcow2', plain, join(folder, 'disk.qcow2')]);
    await stand.stop();
    const other = await vmaStand({ stateDir: join(small, 'vma'), reserveBytes: 0, config: { folderRoot: stand.root } });
    try {
      await expect(other.client.createSession(sessionRequest('web'))).rejects.toMatchObject({
        code: 'source.no-space',
      });
      expect(await readdir(join(small, 'vma/preparing'))).toEqual([]);
    } finally {
      await other.close();
      await run('umount', [small]);
    }
  });
});

describe('vm.json', () => {
  test('numbers stay with their files, new files get new numbers, and parts of VMDKs are no disks', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'm.img'), 1 * MiB);
    await rawImage(join(folder, 'x.raw'), 2 * MiB);
    await writeFile(join(folder, 'notes.txt'), 'no image');
    const first = await stand.client.folderVm('web');
    expect(first.disks.map((disk) => [disk.file, disk.disk_id, disk.unit_number])).toEqual([
      ['m.img', 'disk-2000', 0],
      ['x.raw', 'disk-2001', 1],
    ]);
    await run('qemu-img', [
      'create',
      '-q',
      '-f',
      'vmdk',
      '-o',
      'subformat=monolithicFlat',
      join(folder, 'a.vmdk'),
      '1M',
    ]);
    const second = await stand.client.folderVm('web');
    expect(second.uuid).toBe(first.uuid);
    expect(second.disks.map((disk) => [disk.file, disk.disk_id])).toEqual([
      ['m.img', 'disk-2000'],
      ['x.raw', 'disk-2001'],
      ['a.vmdk', 'disk-2002'],
    ]);
    await rm(join(folder, 'x.raw'));
    await expect(stand.client.folderVm('web')).rejects.toMatchObject({ code: 'source.image-missing' });
  });

  test('what it says of the VM is passed on, and fields of others are kept', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'd.img'), 1 * MiB);
    const fields = { name: 'Web server', cpus: 2, memory_mb: 2048, os_type: 'debian12', networks: [{ name: 'lan' }] };
    await writeDescriptor(folder, [], { ...fields, note: 'mine' });
    expect(await stand.client.folderVm('web')).toMatchObject({
      name: 'web',
      display_name: 'Web server',
      cpus: 2,
      memory_mb: 2048,
      os_type: 'debian12',
      networks: [{ name: 'lan' }],
    });
    expect(JSON.parse(await readFile(join(folder, 'vm.json'), 'utf8'))).toMatchObject({ note: 'mine' });
  });

  test('a copied folder is reported, not merged', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'd.img'), 1 * MiB);
    await stand.client.folderVm('web');
    const copy = await folderOf('web2');
    for (const file of ['d.img', 'vm.json']) await copyFile(join(folder, file), join(copy, file));
    await mkdir(join(stand.root, 'empty'));
    const list = await stand.client.folderVms();
    expect(list.vms.map((vm) => vm.name)).toEqual(['web']);
    expect(list.problems).toMatchObject([{ name: 'web2', code: 'source.uuid-duplicate' }]);
    await snapshot('web');
    await expect(snapshot('web2', 'job-2')).rejects.toMatchObject({ code: 'session.vm-busy' });
  });

  test('a folder that is written to by nobody and changed by two readers gets one identity', async () => {
    const folder = await folderOf('web');
    await rawImage(join(folder, 'd.img'), 1 * MiB);
    const seen = await Promise.all([1, 2, 3, 4].map(() => stand.client.folderVm('web')));
    expect(new Set(seen.map((vm) => vm.uuid)).size).toBe(1);
    await writeAt(join(folder, 'd.img'), 0, Buffer.from('x'));
    expect((await stand.client.folderVm('web')).uuid).toBe(seen[0]?.uuid);
  });
});
