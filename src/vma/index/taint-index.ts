import { rm } from 'node:fs/promises';
import { toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { moveDurably } from '../durable-files.ts';
import { blockCount, ENTRY_BYTES, openIndex, verifyIndex, writeIndex } from './block-index.ts';

const BLOCKS_PER_READ = 64 * 1024;
/** Equal to no hash that a block has, so that the block counts as changed whatever it holds later. */
const TAINTED = Buffer.alloc(ENTRY_BYTES, 0xff);

/**
 * Rewrites the index at `basePath` so that every block in which `writtenPath` differs counts as changed from now on.
 * Without this a block that was copied by a cycle which never committed, and then got its old content back at the
 * source, would look unchanged, and the target would keep the copy. May be repeated. Where it cannot be done the base
 * is removed, which means a full copy.
 */
export async function taintIndex(basePath: string, writtenPath: string): Promise<void> {
  const replacement = `${basePath}.new`;
  try {
    // Both: what is rotten would hide differences, and a rotten base would get a valid digest below.
    await verifyIndex(basePath);
    await verifyIndex(writtenPath);
    await rm(replacement, { force: true });
    if (await writeTainted({ basePath, writtenPath, replacement })) await moveDurably(replacement, basePath);
    else await rm(replacement, { force: true });
  } catch (thrown) {
    vmaLog.error({ err: toAppError(thrown), path: basePath }, 'block index removed, the next copy is a full one');
    await rm(basePath, { force: true });
    await rm(replacement, { force: true });
  }
}

/** False when nothing differs. @throws when the two are of different sizes, among others */
async function writeTainted(paths: { basePath: string; writtenPath: string; replacement: string }): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const base = stack.adopt(await openIndex(paths.basePath), (index) => index.close());
  const written = stack.adopt(await openIndex(paths.writtenPath), (index) => index.close());
  const { change_id, vm_uuid, disk_id, capacity_bytes } = base.header;
  if (written.header.capacity_bytes !== capacity_bytes) throw new Error('the disk has another size now');
  const identity = { change_id, vm_uuid, disk_id, capacity_bytes };
  const result = stack.adopt(await writeIndex(paths.replacement, identity), (index) => index.close());
  let differs = false;
  for (let first = 0; first < blockCount(capacity_bytes); first += BLOCKS_PER_READ) {
    const entries = await base.entries(first, BLOCKS_PER_READ);
    differs = taint(entries, await written.entries(first, BLOCKS_PER_READ)) || differs;
    await result.entries(entries);
  }
  await result.finish();
  return differs;
}

function taint(entries: Buffer, written: Buffer): boolean {
  if (entries.equals(written)) return false;
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    if (entries.compare(written, at, at + ENTRY_BYTES, at, at + ENTRY_BYTES) !== 0) TAINTED.copy(entries, at);
  }
  return true;
}
