import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { notFound } from '../../base/errors.ts';
import { MiB } from '../../base/units.ts';
import { addFile } from '../images.ts';
import { labStatus } from '../status.ts';
import type { Lab } from '../supervisor.ts';
import { randomWrites, writeDisk } from '../write.ts';

/** The bytes of the demo: what the VM writes at its source, what it writes in the cloud, and what is equal. */

const CHANGED_BYTES = 2 * MiB;
const FILE_BYTES = 6 * MiB;
const CLOUD_BYTES = MiB;

/** As the VM would by working: a file in its file system, and random bytes in old places. Other ones each time. */
export async function writeAtSource(lab: Lab, round: number): Promise<void> {
  for (const disk of lab.state.disks) {
    const seed = `${disk.disk_id} ${round}`;
    await addFile(disk.path, { name: `changed-by-demo-${round}`, bytes: Buffer.alloc(FILE_BYTES, `changed ${seed} `) });
    await writeDisk(disk.path, randomWrites({ bytes: CHANGED_BYTES, seed, capacityBytes: 256 * MiB }));
  }
}

/** What the VM of a failover writes to its disks in the cloud; in the demo nothing boots, so somebody has to. */
export async function writeInCloud(lab: Lab, round: number): Promise<void> {
  for (const { path } of await targetsOf(lab)) {
    const file = await open(path, 'r+');
    try {
      for (const { offset, bytes } of randomWrites({
        bytes: CLOUD_BYTES,
        seed: `cloud ${round}`,
        capacityBytes: 256 * MiB,
      })) {
        await file.write(bytes, 0, bytes.length, offset);
      }
    } finally {
      await file.close();
    }
  }
}

export interface DiskReport {
  readonly disk_id: string;
  readonly bytes: number;
  readonly source_sha256: string;
  readonly target_sha256: string;
  readonly source_path: string;
  readonly target_path: string;
}

export const isEqual = (disks: readonly DiskReport[]): boolean =>
  disks.length > 0 && disks.every((disk) => disk.source_sha256 === disk.target_sha256);

/**
 * Hashes every disk at both ends. They cover the source's length: a volume is rounded up to whole GiB.
 * @throws notFound `demo.no-volume`
 */
export async function compareDisks(lab: Lab): Promise<DiskReport[]> {
  const targets = await targetsOf(lab);
  return Promise.all(
    targets.map(async ({ disk, path }) => {
      const source = await sha256(disk.path);
      const target = await sha256(path, source.bytes);
      return {
        disk_id: disk.disk_id,
        bytes: source.bytes,
        source_sha256: source.hex,
        target_sha256: target.hex,
        source_path: disk.path,
        target_path: path,
      };
    }),
  );
}

/** Each disk of the lab with the file behind its volume. */
async function targetsOf(lab: Lab): Promise<{ disk: Lab['state']['disks'][number]; path: string }[]> {
  const { volumes } = await labStatus(lab.state);
  return lab.state.disks.map((disk) => {
    const target = volumes.find((volume) => volume.vm === disk.vm && volume.disk_id === disk.disk_id);
    if (target === undefined) throw notFound('demo.no-volume', `${disk.disk_id} has no volume`);
    return { disk, path: target.path };
  });
}

async function sha256(path: string, lengthBytes?: number): Promise<{ hex: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const end = lengthBytes === undefined ? {} : { end: lengthBytes - 1 };
  for await (const chunk of createReadStream(path, { highWaterMark: MiB, ...end })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { hex: hash.digest('hex'), bytes };
}
