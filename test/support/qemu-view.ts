import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
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
