import type { BlockDevice, BlockFeatures, BlockLimits, Extent } from '../block-device.ts';

/**
 * Stands for a disk on one side of a copy and has its shape, but nothing of it is on any wire: as a source it reads zero
 * everywhere, as a target it takes everything and keeps nothing.
 */
export class StandIn implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly limits: BlockLimits;
  readonly features: BlockFeatures = {
    isReadOnly: false,
    canZero: true,
    canFlush: true,
    canExtents: true,
    canShare: true,
  };
  readonly restarts = 0;
  readonly retries = 0;

  /** @param disk whose chunks this copy is to have */
  constructor(disk: BlockDevice) {
    this.name = `stand-in of ${disk.name}`;
    this.sizeBytes = disk.sizeBytes;
    this.limits = disk.limits;
  }

  async read(_offset: number, into: Buffer): Promise<void> {
    await Promise.resolve(into.fill(0));
  }

  async write(): Promise<void> {}

  async zero(): Promise<void> {}

  async flush(): Promise<void> {}

  extents(offset: number, length: number): Promise<Extent[]> {
    return Promise.resolve([{ offset, length, kind: 'zero' }]);
  }

  async close(): Promise<void> {}
}
