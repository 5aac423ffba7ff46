import { crc32 } from 'node:zlib';

/** What is in front of the first partition of a disk, as a BIOS or a UEFI reads it. Pure. */

export const SECTOR_BYTES = 512;

export interface Partition {
  readonly atBytes: number;
  readonly bytes: number;
}

/** A FAT with long names, bootable. Source: the partition types of the master boot record. */
const TYPE_FAT16_LBA = 0x0e;
const TYPE_PROTECTIVE = 0xee;

/** A table of one active partition, behind the code that a BIOS starts. */
export function masterBootRecord(code: Buffer, partition: Partition): Buffer {
  const record = recordOf({ flag: 0x80, type: TYPE_FAT16_LBA, partition });
  code.copy(record, 0, 0, 440);
  return record;
}

function recordOf(of: { flag: number; type: number; partition: Partition }): Buffer {
  const record = Buffer.alloc(SECTOR_BYTES);
  const entry = 446;
  record.writeUInt8(of.flag, entry);
  // No cylinders and heads: everything looks at the sectors below.
  record.fill(0xff, entry + 1, entry + 8);
  record.writeUInt8(of.type, entry + 4);
  record.writeUInt32LE(of.partition.atBytes / SECTOR_BYTES, entry + 8);
  record.writeUInt32LE(of.partition.bytes / SECTOR_BYTES, entry + 12);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

const ENTRIES = 128;
const ENTRY_BYTES = 128;
const ENTRIES_SECTORS = (ENTRIES * ENTRY_BYTES) / SECTOR_BYTES;
const HEADER_BYTES = 92;
/** Partition of a loader that a UEFI starts, C12A7328-F81F-11D2-BA4B-00A0C93EC93B, in the order of bytes on a disk. */
const TYPE_ESP = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');
/** Of the disk and of the partition: always the same, so that two images of one system are. */
const DISK_ID = Buffer.from('4d4b000000000040800000000000d15c', 'hex');
const PARTITION_ID = Buffer.from('4d4b000000000040800000000000e59a', 'hex');

/**
 * Both copies of a GUID partition table with one ESP. In front of the first is the record that keeps tools of old from
 * the disk: it has no code, so a BIOS starts nothing. Source: UEFI Specification, chapter 5.
 */
export function guidPartitionTable(
  diskBytes: number,
  partition: Partition,
): { readonly first: Buffer; readonly last: Buffer } {
  const sectors = diskBytes / SECTOR_BYTES;
  const entries = Buffer.alloc(ENTRIES_SECTORS * SECTOR_BYTES);
  TYPE_ESP.copy(entries, 0);
  PARTITION_ID.copy(entries, 16);
  entries.writeBigUInt64LE(BigInt(partition.atBytes / SECTOR_BYTES), 32);
  entries.writeBigUInt64LE(BigInt((partition.atBytes + partition.bytes) / SECTOR_BYTES - 1), 40);
  entries.write('ESP', 56, 'utf16le');
  const headerOf = (at: { own: number; other: number; entries: number }): Buffer => header({ ...at, sectors }, entries);
  const all = { atBytes: SECTOR_BYTES, bytes: diskBytes - SECTOR_BYTES };
  const lastEntries = sectors - 1 - ENTRIES_SECTORS;
  return {
    first: Buffer.concat([
      recordOf({ flag: 0, type: TYPE_PROTECTIVE, partition: all }),
      headerOf({ own: 1, other: sectors - 1, entries: 2 }),
      entries,
    ]),
    last: Buffer.concat([entries, headerOf({ own: sectors - 1, other: 1, entries: lastEntries })]),
  };
}

function header(at: { own: number; other: number; entries: number; sectors: number }, entries: Buffer): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  sector.write('EFI PART', 0, 'latin1');
  sector.writeUInt32LE(0x10000, 8);
  sector.writeUInt32LE(HEADER_BYTES, 12);
  sector.writeBigUInt64LE(BigInt(at.own), 24);
  sector.writeBigUInt64LE(BigInt(at.other), 32);
  sector.writeBigUInt64LE(BigInt(2 + ENTRIES_SECTORS), 40);
  sector.writeBigUInt64LE(BigInt(at.sectors - 2 - ENTRIES_SECTORS), 48);
  DISK_ID.copy(sector, 56);
  sector.writeBigUInt64LE(BigInt(at.entries), 72);
  sector.writeUInt32LE(ENTRIES, 80);
  sector.writeUInt32LE(ENTRY_BYTES, 84);
  sector.writeUInt32LE(crc32(entries), 88);
  // Over the header with zeros in its own place, and so the last.
  sector.writeUInt32LE(crc32(sector.subarray(0, HEADER_BYTES)), 16);
  return sector;
}
