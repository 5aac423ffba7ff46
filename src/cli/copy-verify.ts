import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CopyOptions, CopyResult } from '../transfer/copy-options.ts';
import { Manifest } from '../transfer/verify/manifest.ts';
import { copyVerified, type VerifyResult } from '../transfer/verify/verified-copy.ts';
import type { CopyRun } from './copy.ts';

export interface VerifiedResult extends CopyResult {
  readonly verify: VerifyResult;
}

/**
 * The copy with --verify. Its hashes are kept beside the checkpoint as long as the copy is unfinished, so that a resumed
 * one need not read the source again for them; without a checkpoint in a temporary file.
 */
export async function copyAndVerify(
  mode: 'sample' | 'full',
  options: CopyOptions,
  run: CopyRun,
): Promise<VerifiedResult> {
  const { sides, report, file, checkpoint, checkpointPath } = run;
  const temporary = checkpointPath === undefined ? await mkdtemp(join(tmpdir(), 'mk-verify-')) : undefined;
  try {
    const manifest = await Manifest.open({
      path: checkpointPath === undefined ? join(temporary ?? '', 'manifest') : `${checkpointPath}.manifest`,
      identity: createHash('sha256').update(JSON.stringify(run.identity)).digest('hex'),
      lengthBytes: options.lengthBytes,
      done: checkpoint?.done ?? [],
    });
    try {
      const result = await copyVerified({
        copy: options,
        extents: file === undefined ? undefined : () => file.extents(),
        mode,
        manifest,
        reopenTarget: (how) => sides.reopenTarget(how),
        // Whoever resumes without --verify would believe it.
        beforeRepair: async () => checkpoint?.remove(),
        progress: report === undefined ? undefined : (state) => report.showVerify(state),
      });
      await manifest.remove();
      return result;
    } finally {
      await manifest.close();
    }
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}
