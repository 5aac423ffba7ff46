/** One entry of an initramfs; parents come before what is inside them. */
export type Entry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Buffer };

const MODES = { folder: 0o040755, file: 0o100755 };

/** An archive that a kernel unpacks into its first root. Source: Linux, early-userspace/buffer-format. */
export function archiveOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry, index) => {
    const data = entry.kind === 'file' ? entry.bytes : Buffer.alloc(0);
    return partsOf({ name: entry.path, mode: MODES[entry.kind], index }, data);
  });
  return Buffer.concat([...parts, ...partsOf({ name: 'TRAILER!!!', mode: 0, index: 0 }, Buffer.alloc(0))]);
}

function partsOf(of: { name: string; mode: number; index: number }, data: Buffer): Buffer[] {
  const name = Buffer.from(`${of.name}\0`);
  // Inode, mode, owner, group, links, time, size, device numbers (four), length of the name, checksum.
  const fields = [of.index + 1, of.mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), data, padding(data.length)];
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/** Files with the folders that they are in, and those that every first root needs. */
export function withFolders(files: ReadonlyMap<string, Buffer>): Entry[] {
  const folders = new Set(['dev', 'proc', 'sys', 'tmp', 'mnt', 'bin']);
  for (const path of files.keys()) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(parts.slice(0, index + 1).join('/')));
  }
  return [
    ...[...folders].map((path): Entry => ({ kind: 'folder', path })),
    ...[...files].map(([path, bytes]): Entry => ({ kind: 'file', path, bytes })),
  ];
}
