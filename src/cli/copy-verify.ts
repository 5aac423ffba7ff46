import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { precondition } from '../base/errors.ts';
import type { CopyOptions, CopyResult } from '../transfer/copy-options.ts';
import type { Ranges } from '../transfer/range-streams.ts';
import { Manifest } from '../transfer/verify/manifest.ts';
import { copyVerified, type VerifyResult } from '../transfer/verify/verified-copy.ts';
import type { CopyArguments } from './copy-arguments.ts';
import type { CheckpointFile } from './copy-checkpoint.ts';
import type { CopyReport } from './copy-report.ts';
import type { CopySides } from './copy-sides.ts';
import { messageOf } from './thrown.ts';

export interface VerifiedResult extends CopyResult {
  readonly verify: VerifyResult;
}

/** What belongs to one copy besides its options. */
export interface VerifiedRun {
  readonly args: CopyArguments;
  readonly sides: CopySides;
  readonly report: CopyReport | undefined;
  readonly checkpoint: CheckpointFile | undefined;
  readonly openReader: () => Worker;
  /** For each time anew; undefined: all of the disk. */
  readonly extents: () => Ranges | undefined;
}

/**
 * The copy with --verify. Its hashes are kept beside the checkpoint as long as the copy is unfinished, so that a resumed
 * one need not read the source again for them; without a checkpoint in a temporary file. What they say counts only where
 * the checkpoint says that it is done, so they need not name a snapshot or extents.
 */
export async function copyAndVerify(
  mode: 'sample' | 'full',
  options: CopyOptions,
  run: VerifiedRun,
): Promise<VerifiedResult> {
  const { args, sides, report, checkpoint, extents } = run;
  const path = args.checkpointPath === undefined ? undefined : `${args.checkpointPath}.manifest`;
  const folder = path === undefined ? await makeFolder() : undefined;
  try {
    const manifest = await Manifest.open({
      path: path ?? join(folder ?? '', 'manifest'),
      identity: `target of ${sides.target.sizeBytes} bytes`,
      lengthBytes: options.lengthBytes,
      done: checkpoint?.done ?? [],
    });
    try {
      const result = await copyVerified({
        copy: options,
        extents: extents() === undefined ? undefined : () => extents() ?? [],
        mode,
        manifest,
        reopenTarget: (how) => sides.reopenTarget(how),
        openReader: args.threads > 1 ? run.openReader : undefined,
        // Whoever resumes without --verify would believe it.
        beforeRepair: async () => checkpoint?.remove(),
        progress: report === undefined ? undefined : (state) => report.showVerify(state),
      });
      await manifest.remove();
      await checkpoint?.remove();
      return result;
    } finally {
      await manifest.close();
    }
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** For the hashes of a copy without a checkpoint. Errors: copy.no-temporary-file */
async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'mk-verify-'));
  } catch (cause) {
    throw precondition('copy.no-temporary-file', `cannot keep the hashes in a temporary file: ${messageOf(cause)}`, {
      hint: `${tmpdir()} must be writable and have 50 MB per TiB of data; TMPDIR names another folder`,
      cause,
    });
  }
}
