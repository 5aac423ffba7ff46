import { closeSync, openSync, writeSync } from 'node:fs';

/** One entry of an initramfs; parents come before what is inside them. */
export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Buffer };

const MODES = { folder: 0o040755, file: 0o100755 };

/** Writes an archive that a kernel unpacks into its first root. Source: Linux, early-userspace/buffer-format. */
export function writeArchive(path: string, entries: readonly Entry[]): void {
  const file = openSync(path, 'w');
  try {
    entries.forEach((entry, index) => {
      const data = entry.kind === 'file' ? entry.bytes : Buffer.alloc(0);
      writeEntry(file, { name: entry.path, mode: MODES[entry.kind], index }, data);
    });
    writeEntry(file, { name: 'TRAILER!!!', mode: 0, index: 0 }, Buffer.alloc(0));
  } finally {
    closeSync(file);
  }
}

function writeEntry(file: number, of: { name: string; mode: number; index: number }, data: Buffer): void {
  const name = Buffer.from(`${of.name}\0`);
  // Inode, mode, owner, group, links, time, size, device numbers (four), length of the name, checksum.
  const fields = [of.index + 1, of.mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
  const head = Buffer.concat([Buffer.from(header), name]);
  writeSync(file, Buffer.concat([head, padding(head.length)]));
  for (let at = 0; at < data.length;) at += writeSync(file, data, at);
  writeSync(file, padding(data.length));
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
