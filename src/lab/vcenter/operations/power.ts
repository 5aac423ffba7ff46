import type { VmRow } from '../world.ts';

export function setPower(vm: VmRow, to: VmRow['powerState']): void {
  vm.powerState = to;
  vm.bootedAt = to === 'poweredOn' ? new Date().toISOString() : null;
}
