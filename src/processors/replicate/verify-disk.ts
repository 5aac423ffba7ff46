import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { saveHashRoots } from '../../db/stores/hash-root-store.ts';
import { normalise } from '../../transfer/ranges.ts';
import { hashRoots } from '../../transfer/verify/hash-roots.ts';
import { Manifest } from '../../transfer/verify/manifest.ts';
import { copyVerified, type VerifiedCopyOptions } from '../../transfer/verify/verified-copy.ts';
import type { Replication } from './context.ts';
import type { DiskProgress } from './disk-checkpoint.ts';

export type VerifiedDisk = Awaited<ReturnType<typeof copyVerified>>;

/**
 * The copy of one disk, and the proof of it. The manifest stays in this worker's folder until the next cycle of the
 * disk, the roots of a full one go to the database. Another worker that resumes the job reads what it has no hash of from
 * the source again. A target that differs is distrusted (see DiskProgress), before it is repaired or given up.
 */
export async function copyVerifiedDisk(
  { run, deps }: Replication,
  state: DiskProgress,
  options: Omit<VerifiedCopyOptions, 'manifest' | 'beforeRepair'>,
): Promise<VerifiedDisk> {
  const { vmDiskId, key } = state.place;
  await mkdir(deps.manifestDir, { recursive: true, mode: 0o700 });
  const manifest = await Manifest.open({
    path: join(deps.manifestDir, `disk-${vmDiskId}.manifest`),
    identity: key,
    lengthBytes: options.copy.lengthBytes,
    done: normalise(state.doneRanges()),
  });
  try {
    const result = await copyVerified({ ...options, manifest, beforeRepair: () => state.distrust() });
    if (result.verify.mode === 'full') {
      const roots = await hashRoots(manifest);
      await run.fenced((trx) => saveHashRoots(trx, { vmDiskId, jobId: run.jobId }, roots));
    }
    return result;
  } finally {
    await manifest.close();
  }
}
