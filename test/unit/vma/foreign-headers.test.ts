import { describe, expect, test } from '@jest/globals';
import { withNewFiles } from '../../../src/vma/folder/descriptor.ts';
import { isPlainName } from '../../../src/vma/folder/locate.ts';
import { qcow2Refusal } from '../../../src/vma/folder/qcow2-header.ts';
import { readVmdk } from '../../../src/vma/folder/vmdk-files.ts';

/** Offsets as in the specification of qcow2. */
function qcow2(fields: { version?: number; backing?: bigint; crypt?: number; incompatible?: bigint } = {}): Buffer {
  const header = Buffer.alloc(112);
  header.write('QFI\u00fb', 'latin1');
  header.writeUInt32BE(fields.version ?? 3, 4);
  header.writeBigUInt64BE(fields.backing ?? 0n, 8);
  header.writeUInt32BE(fields.crypt ?? 0, 32);
  header.writeBigUInt64BE(fields.incompatible ?? 0n, 72);
  return header;
}

describe('the qcow2 header', () => {
  test('a plain image of version 2 or 3 is admitted', () => {
    expect(qcow2Refusal(qcow2())).toBeUndefined();
    expect(qcow2Refusal(qcow2({ version: 2, incompatible: 4n }))).toBeUndefined();
    expect(qcow2Refusal(qcow2({ incompatible: 0b11001n }))).toBeUndefined();
  });

  test.each([
    [{ backing: 200n }, /backing/],
    [{ crypt: 2 }, /encrypted/],
    [{ incompatible: 0b100n }, /data file/],
    [{ incompatible: 0b10n }, /corrupt/],
    [{ incompatible: 1n << 40n }, /not known/],
    [{ version: 4 }, /version 4/],
  ])('%o is refused', (fields, reason) => {
    expect(qcow2Refusal(qcow2(fields))).toMatch(reason);
  });

  test('what is cut off or something else is refused', () => {
    expect(qcow2Refusal(Buffer.alloc(112))).toMatch(/not a qcow2/);
    expect(qcow2Refusal(qcow2().subarray(0, 60))).toMatch(/not a qcow2/);
    expect(qcow2Refusal(qcow2().subarray(0, 75))).toMatch(/cut off/);
  });
});

describe('a VMDK descriptor', () => {
  const text = (lines: string, type = 'twoGbMaxExtentFlat'): Buffer =>
    Buffer.from(`# Disk DescriptorFile\nparentCID=ffffffff\ncreateType="${type}"\n${lines}\n`, 'latin1');

  test('names its extents', () => {
    expect(readVmdk(text('RW 8 FLAT "a-f001.vmdk" 0\r\nRW 8 ZERO\nRW 8 SPARSE "a-s002.vmdk"'))).toEqual({
      extents: [
        { file: 'a-f001.vmdk', sparse: false },
        { file: 'a-s002.vmdk', sparse: true },
      ],
    });
  });

  test.each([
    ['RW 8 FLAT "/etc/shadow" 0', /outside/],
    ['RW 8 FLAT "..\\x" 0', /outside/],
    ['RW 8 FLAT "nbd:host" 0', /outside/],
    ['RW\n8 FLAT\n"/etc/shadow" 0', /not supported/],
    ['RW 8 VMFSRDM "x" 0', /not supported/],
    ['RDONLY 8 FLAT "x" 0', /not supported/],
    ['', /no extents/],
    ['parentFileNameHint="/x"\nRW 8 FLAT "x" 0', /parent/],
  ])('%j is refused', (lines, reason) => {
    expect(readVmdk(text(lines))).toEqual({ refusal: expect.stringMatching(reason) });
  });

  test('other types, deltas and sparse headers that hide a descriptor are refused', () => {
    expect(readVmdk(text('RW 8 FLAT "x" 0', 'fullDevice'))).toHaveProperty('refusal');
    const delta = Buffer.from(text('RW 8 FLAT "x" 0').toString().replace('ffffffff', '12345678'));
    expect(readVmdk(delta)).toEqual({ refusal: expect.stringMatching(/delta/) });
    const hollow = Buffer.alloc(4096);
    hollow.write('KDMV', 'latin1');
    expect(readVmdk(hollow)).toEqual({ refusal: expect.stringMatching(/capacity/) });
    expect(readVmdk(Buffer.from('COWD'))).toHaveProperty('refusal');
  });
});

describe('names', () => {
  test.each(['disk.img', 'a b', 'Überholt', 'a'.repeat(255)])('%j is one', (name) => {
    expect(isPlainName(name)).toBe(true);
  });
  test.each(['', '.', '..', '.x', 'a/b', 'a\\b', 'a\nb', 'a\u0000', 'a'.repeat(256)])('%j is none', (name) => {
    expect(isPlainName(name)).toBe(false);
  });

  test('a new file gets the number after the highest, also where numbers are missing', () => {
    const known = [{ disk_id: 'disk-2007', file: 'z.img', format: 'raw' as const, unit_number: 4, label: 'x' }];
    expect(
      withNewFiles(known, ['z.img', 'b.vmdk', 'a.IMG', 'c.iso']).map((d) => [d.file, d.disk_id, d.unit_number]),
    ).toEqual([
      ['z.img', 'disk-2007', 4],
      ['a.IMG', 'disk-2008', 5],
      ['b.vmdk', 'disk-2009', 6],
    ]);
  });
});
