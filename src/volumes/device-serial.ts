import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel itself says of a disk, which no link of udev can contradict. */

/** A page of a SCSI disk's vital data: four bytes, the last of them the length of the serial, and the serial. */
const PAGE_HEADER_BYTES = 4;

/**
 * The serial that a disk told the kernel, by its folder in sysfs; '' when it has none; undefined where the kernel does
 * not ask for serials (loop devices), or cannot read it. Source: drivers/block/virtio_blk.c, serial_show; SPC-4, page
 * 80h, and drivers/scsi/scsi_sysfs.c, which shows it.
 */
export async function kernelSerial(folder: string): Promise<string | undefined> {
  const plain = await bytesOf(join(folder, 'serial'));
  if (plain !== undefined) return plain.toString('latin1').trim();
  const page = await bytesOf(join(folder, 'device', 'vpd_pg80'));
  if (page === undefined || page.length < PAGE_HEADER_BYTES) return undefined;
  const end = PAGE_HEADER_BYTES + page.readUInt8(PAGE_HEADER_BYTES - 1);
  return page.subarray(PAGE_HEADER_BYTES, end).toString('latin1').replaceAll('\0', '').trim();
}

/**
 * Which disk this is since the start of the machine, counted over all: a number of a device that was plugged out is
 * given away again, this one never. Undefined before Linux 5.15. Source: Documentation/ABI/stable/sysfs-block, diskseq.
 */
export async function diskSequence(folder: string): Promise<string | undefined> {
  return (await bytesOf(join(folder, 'diskseq')))?.toString('latin1').trim();
}

/** Another disk that is broken, or just gone, must not keep us from finding ours. */
async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}
