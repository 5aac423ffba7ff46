import { expect, test } from '@jest/globals';
import { bootOf } from '../../../../src/domain/failover/instance-boot.ts';

test.each([
  [undefined, 'BIOS', 'LEGACY'],
  [{ firmware: null, secure_boot: null }, 'BIOS', 'LEGACY'],
  [{ firmware: 'bios', secure_boot: true }, 'BIOS', 'LEGACY'],
  [{ firmware: 'efi' }, 'UEFI', 'LEGACY'],
  [{ firmware: 'EFI', secure_boot: false }, 'UEFI', 'LEGACY'],
  [{ firmware: 'efi', secure_boot: true }, 'UEFI', 'SECURE'],
] as const)('a source that tells %j starts as %s, %s', (told, type, mode) => {
  expect(bootOf(told)).toEqual({ type, mode });
});
