import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../../src/base/units.ts';
import { domainXml } from '../../../../src/volumes/conversion/domain-xml.ts';
import { systemsIn } from '../../../../src/volumes/conversion/inspection.ts';
import { readMessage } from '../../../../src/volumes/conversion/tool-messages.ts';
import { checkWindowsDrivers } from '../../../../src/volumes/conversion/windows-drivers.ts';

describe('what virt-inspector prints', () => {
  test('has each system with its root and what is mounted', () => {
    // As version 1.48.2 printed it of a Debian 12, with a second system added.
    const xml = `<?xml version="1.0"?>
<operatingsystems>
  <operatingsystem>
    <root>/dev/sdb1</root>
    <name>linux</name>
    <arch>x86_64</arch>
    <distro>debian</distro>
    <product_name>12.15</product_name>
    <hostname>web-2</hostname>
    <mountpoints>
      <mountpoint dev="/dev/sdb1">/</mountpoint>
      <mountpoint dev="/dev/sdb2">/boot</mountpoint>
    </mountpoints>
  </operatingsystem>
  <operatingsystem>
    <root>/dev/sda2</root>
    <name>windows</name>
    <product_name>Windows &lt;R&amp;D&gt;</product_name>
  </operatingsystem>
</operatingsystems>`;
    expect(systemsIn(xml)).toEqual([
      {
        root: '/dev/sdb1',
        kind: 'linux',
        distribution: 'debian',
        productName: '12.15',
        mounts: { '/': '/dev/sdb1', '/boot': '/dev/sdb2' },
      },
      { root: '/dev/sda2', kind: 'windows', distribution: '', productName: 'Windows <R&D>', mounts: {} },
    ]);
  });

  test('has none where there is none', () => {
    expect(systemsIn('<?xml version="1.0"?>\n<operatingsystems/>\n')).toEqual([]);
  });
});

test('the guest of virt-v2v has all disks in unit order, under names that need care', () => {
  const disks = [
    { path: '/dev/vdb', kind: 'block' as const },
    { path: "/lab/a'<&>", kind: 'file' as const },
  ];
  const xml = domainXml(disks, 'uefi');
  expect(xml).toContain(
    "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/vdb'/><target dev='sda'",
  );
  expect(xml).toContain("<source file='/lab/a&apos;&lt;&amp;&gt;'/><target dev='sdb' bus='scsi'/>");
  expect(xml).toContain("<os firmware='efi'>");
  expect(domainXml(disks, 'bios')).not.toContain('efi');
});

test('of what virt-v2v says the messages count, each of a bounded length', () => {
  const line = { message: 'Opening the source', timestamp: '2026-11-23T03:06:03+00:00', type: 'message' };
  expect(readMessage(JSON.stringify(line))).toEqual({ type: 'message', text: 'Opening the source' });
  expect(readMessage(JSON.stringify({ ...line, type: 'error', message: 'x'.repeat(9_000) }))?.text).toHaveLength(500);
  for (const other of ['[   2.1] Opening the source', '{ broken', '{}', '']) expect(readMessage(other)).toBeUndefined();
});

describe('drivers for a Windows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'drivers-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const tools = join(dir, 'tools');
  mkdirSync(join(dir, 'folder/viostor'), { recursive: true });
  mkdirSync(tools);
  const iso = join(dir, 'virtio-win.iso');
  writeFileSync(iso, '');

  test('are missed one by one, each time with the next step', () => {
    const missing = (virtioWin: string | undefined, what: string): void => {
      expect(() => checkWindowsDrivers(virtioWin, tools)).toThrow(
        expect.objectContaining({ code: 'conversion.drivers-missing', message: expect.stringContaining(what) }),
      );
    };
    missing(undefined, 'MIGRATEKIT_VIRTIO_WIN does not say');
    missing(join(dir, 'nowhere'), 'there are no virtio drivers');
    missing(iso, 'has 0 bytes');
    missing(tools, 'holds no viostor');
    missing(join(dir, 'folder'), 'rhsrvany.exe');
    truncateSync(iso, 400 * MiB);
    missing(iso, 'rhsrvany.exe');
    writeFileSync(join(tools, 'rhsrvany.exe'), '');
    expect(() => checkWindowsDrivers(iso, tools)).not.toThrow();
    expect(() => checkWindowsDrivers(join(dir, 'folder'), tools)).not.toThrow();
  });
});
