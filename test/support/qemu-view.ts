import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a volume and the overlay above it hold together, as somebody sees it who has only the two files. */
export interface Layers {
  readonly base: string;
  readonly overlay: string | null;
}

const quoted = (text: string): string => text.replaceAll(',', ',,');

/** SHA-256 of the first `lengthBytes`. */
export async function hashOfLayers({ base, overlay }: Layers, lengthBytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mkview-'));
  try {
    const flat = join(folder, 'flat');
    if (overlay !== null) {
      const of = `driver=qcow2,file.driver=file,file.filename=${quoted(overlay)}`;
      const below = `backing.driver=raw,backing.file.driver=file,backing.file.filename=${quoted(base)}`;
      await run('qemu-img', ['convert', '-U', '--image-opts', `${of},${below}`, '-O', 'raw', flat]);
    }
    const hash = createHash('sha256');
    const path = overlay === null ? base : flat;
    for await (const chunk of createReadStream(path, { end: lengthBytes - 1 })) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs commands of qemu-io against an NBD export; fails where one of them does. */
export async function qemuIo(uri: string, ...commands: readonly string[]): Promise<string> {
  const { stdout } = await run('qemu-io', ['-f', 'raw', uri, ...commands.flatMap((each) => ['-c', each])]);
  if (/fail|error/i.test(stdout)) throw new Error(stdout);
  return stdout;
}

/** Adds a cluster to a qcow2 file that every check finds right and nobody can read: compressed bytes that are none. */
export async function addUnreadable(path: string, offset: number): Promise<void> {
  const { size: begin } = await stat(path);
  await run('qemu-io', ['-f', 'qcow2', path, '-c', `write -c -P 0x33 ${offset} 64k`]);
  const { size: end } = await stat(path);
  const file = await open(path, 'r+');
  try {
    await file.write(Buffer.alloc(end - begin, 0xff), 0, end - begin, begin);
  } finally {
    await file.close();
  }
}
