import { randomUUID } from 'node:crypto';
import { GiB } from '../../../base/units.ts';
import type { AsyncCommand, CommandContext } from '../command.ts';
import { customIdOf, integer, parameter, requiredRow, rowOf } from '../command.ts';
import { badParameter } from '../refusal.ts';
import { numberOf } from '../settings.ts';
import { checkSource } from '../snapshot-rules.ts';
import type { SnapshotRow } from '../world.ts';
import { presentOf, volumeById } from './volumes.ts';

export const createVolume: AsyncCommand = {
  kind: 'async',
  describe: 'Creates a disk volume: an empty one, which gets storage when it is first attached, or one from a snapshot',
  accept(context) {
    const { world } = context;
    const snapshot = rowOf(context, 'snapshotid', world.snapshots);
    const zoneId = snapshot === undefined ? requiredRow(context, 'zoneid', world.zones).id : snapshot.zoneId;
    const { offeringId, sizeBytes } = snapshot === undefined ? offeringAndSize(context) : sizeFrom(context, snapshot);
    const id = customIdOf(context, world.volumes) ?? randomUUID();
    world.volumes.push({
      id,
      name: parameter(context, 'name') ?? `volume-${id.slice(0, 8)}`,
      type: 'DATADISK',
      state: 'Allocated',
      sizeBytes,
      zoneId,
      diskOfferingId: offeringId,
      account: context.account.name,
      vmId: null,
      deviceId: null,
      createdAt: new Date(context.nowMs).toISOString(),
      attachedAt: null,
      templateId: null,
      snapshotId: snapshot?.id ?? null,
    });
    return { instanceType: 'Volume', instanceId: id, isNew: true };
  },
  async perform(context, volumeId) {
    const { snapshotId } = volumeById(context, volumeId);
    if (snapshotId !== null) await fill(context, volumeId, snapshotId);
    return { result: presentOf(context, volumeById(context, volumeId)) };
  },
};

/** One that is made from a snapshot has its bytes at once, and not at its first attach. */
async function fill(context: CommandContext, volumeId: string, snapshotId: string): Promise<void> {
  const { storage } = context;
  await storage.copyBack(snapshotId, volumeId);
  const volume = volumeById(context, volumeId);
  storage.useCopy(volumeId);
  storage.resize(volumeId, volume.sizeBytes);
  volume.state = 'Ready';
}

interface OfferingAndSize {
  readonly offeringId: string | null;
  readonly sizeBytes: number;
}

function offeringAndSize(context: CommandContext): OfferingAndSize {
  const offering = rowOf(context, 'diskofferingid', context.world.diskOfferings);
  if (offering === undefined) {
    throw badParameter('At least one of disk Offering ID or snapshot ID must be passed whilst creating volume');
  }
  const sizeGiB = integer(context, 'size');
  if (sizeGiB !== undefined && sizeGiB <= 0) throw badParameter('Disk size must be larger than 0');
  if (!offering.customized) {
    if (sizeGiB !== undefined) throw badParameter('This disk offering does not allow custom size');
    return { offeringId: offering.id, sizeBytes: offering.diskSizeGiB * GiB };
  }
  if (sizeGiB === undefined) throw badParameter('This disk offering requires a custom size specified');
  const min = numberOf(context.world, 'custom.diskoffering.size.min');
  const max = numberOf(context.world, 'custom.diskoffering.size.max');
  if (sizeGiB < min || sizeGiB > max) {
    throw badParameter(`Volume size: ${sizeGiB} GB is out of allowed range. Min: ${min}. Max: ${max}`);
  }
  return { offeringId: offering.id, sizeBytes: sizeGiB * GiB };
}

/** As large as the volume was, or larger where that is asked for; the offering is that of the volume. */
function sizeFrom(context: CommandContext, snapshot: SnapshotRow): OfferingAndSize {
  checkSource(snapshot);
  const { world } = context;
  const source = world.volumes.find((row) => row.id === snapshot.volumeId);
  const offering = rowOf(context, 'diskofferingid', world.diskOfferings);
  const asked = (integer(context, 'size') ?? 0) * GiB;
  if (asked !== 0 && asked < snapshot.sizeBytes) {
    throw badParameter(
      `Invalid size for custom volume. The size must be larger than or equal to the snapshot size ${snapshot.sizeBytes}`,
    );
  }
  return { offeringId: offering?.id ?? source?.diskOfferingId ?? null, sizeBytes: asked || snapshot.sizeBytes };
}
