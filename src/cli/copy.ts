import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { AppError, cancelled, describeError } from '../base/errors.ts';
import { copyDisk } from '../transfer/copy-disk.ts';
import type { CopyOptions, CopyResult } from '../transfer/copy-options.ts';
import type { Ranges } from '../transfer/range-streams.ts';
import { RateLimit } from '../transfer/rate-limit.ts';
import { COPY_USAGE, parseCopyArguments, type CopyArguments } from './copy-arguments.ts';
import type { CheckpointFile } from './copy-checkpoint.ts';
import { openCopyExtents } from './copy-extents.ts';
import { CopyReport, type ProgressOutput } from './copy-report.ts';
import { openSides, type CopySides } from './copy-sides.ts';
import { copySummary } from './copy-text.ts';
import type { VerifiedResult } from './copy-verify.ts';
import type { CopyExtents } from './extents-digest.ts';

/** What the process gives the command. */
export interface CopyProcess extends ProgressOutput {
  /** One line on stdout. */
  readonly out: (line: string) => void;
  readonly threadModules: ThreadModules;
}

/** What other threads run: copy-thread.ts and verify-thread.ts. */
export interface ThreadModules {
  readonly carrier: URL;
  readonly reader: URL;
}

/**
 * `migratekit copy`. Returns the exit code: 0 when every byte is on the target and flushed, 2 for wrong usage, 1 for
 * everything else, with one line on stderr. Loads the engine and nothing more of this project, to start quickly.
 */
export async function runCopy(args: readonly string[], own: CopyProcess): Promise<number> {
  const stop = new AbortController();
  const onSignal = (name: string): void => stop.abort(cancelled('copy.interrupted', `interrupted by ${name}`));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    const parsed = parseCopyArguments(args);
    if (parsed === undefined) own.out(COPY_USAGE);
    else await copy(parsed, own, stop.signal);
    return 0;
  } catch (error) {
    own.err(`copy: ${oneLine(describeError(error))}`);
    return error instanceof AppError && USAGE_CODES.includes(error.code) ? 2 : 1;
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

const USAGE_CODES = ['copy.usage', 'nbd.invalid-uri', 'nbd.tls-unsupported', 'nbd.tls-no-certificates'];

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

async function copy(args: CopyArguments, own: CopyProcess, signal: AbortSignal): Promise<void> {
  const { checkpointPath: path } = args;
  // Before a side is opened, which may make the target.
  const lock = path === undefined ? undefined : await (await checkpoints()).lockCheckpoint(path);
  try {
    await copyAndReport(args, own, signal);
  } finally {
    await lock?.release();
  }
}

/** Loaded by copies that have a checkpoint only. */
const checkpoints = () => import('./copy-resume.ts');

async function copyAndReport(args: CopyArguments, own: CopyProcess, signal: AbortSignal): Promise<void> {
  const sides = await openSides(args, signal);
  const report = args.progress ? new CopyReport(sides, own, args.json ? 'machine' : 'person') : undefined;
  let result: CopyResult | VerifiedResult;
  try {
    result = await copySides(args, { sides, report, signal, threadModules: own.threadModules });
  } finally {
    report?.stop();
    await sides.close();
  }
  own.out(args.json ? JSON.stringify(jsonOf(result)) : copySummary(result));
}

interface Means {
  readonly sides: CopySides;
  readonly report: CopyReport | undefined;
  readonly signal: AbortSignal;
  readonly threadModules: ThreadModules;
}

async function copySides(args: CopyArguments, means: Means): Promise<CopyResult | VerifiedResult> {
  const { sides, report, signal, threadModules } = means;
  const { source, target } = sides;
  const lengthBytes = source.sizeBytes;
  await using limited = await extentsOf(args, means);
  const checkpoint = await openCheckpoint(args, { sides, signal }, limited);
  try {
    const options: CopyOptions = {
      source,
      target,
      lengthBytes,
      extentsBytes: checkpoint === undefined ? limited?.bytes : checkpoint.extentsBytes,
      outside: args.zeroOutside ? 'zero' : 'leave',
      // After an earlier run nobody has proven anything about what that run did not finish.
      targetIsZero: sides.isTargetNew || (args.targetIsZero && checkpoint?.isResumed !== true),
      useSourceExtents: args.isSparse,
      detectZeros: args.isSparse,
      requestBytes: args.requestBytes,
      inFlight: args.inFlight === undefined ? undefined : args.inFlight * args.connections.first,
      rate: args.rateBytesPerS === undefined ? undefined : new RateLimit(args.rateBytesPerS),
      checkpoint: checkpoint === undefined ? undefined : checkpoint.saving(),
      allowNoFlush: args.allowNoFlush,
      threads: args.threads,
      openThread: () => new Worker(threadModules.carrier, { workerData: sides.opening }),
      signal,
      progress: report === undefined ? undefined : (counter) => report.show(counter),
    };
    // A checkpoint knows those of earlier runs too.
    const extents = (): Ranges | undefined => (checkpoint === undefined ? limited?.extents() : checkpoint.extents());
    if (args.verify === 'off') {
      const result = await copyDisk({ ...options, extents: extents() });
      await checkpoint?.remove();
      return result;
    }
    // What only a verification needs is loaded for it.
    const { copyAndVerify } = await import('./copy-verify.ts');
    const openReader = (): Worker => new Worker(threadModules.reader, { workerData: sides.opening.target });
    return await copyAndVerify(args.verify, options, { args, sides, report, checkpoint, extents, openReader });
  } finally {
    await checkpoint?.close();
  }
}

async function extentsOf(args: CopyArguments, { sides, signal }: Means): Promise<CopyExtents | undefined> {
  try {
    return await openCopyExtents(args, sides.source, signal);
  } catch (error) {
    // Made a moment ago, and nothing is written to it: left behind it would look like a copy.
    if (sides.isTargetNew) await rm(args.target, { force: true });
    throw error;
  }
}

async function openCheckpoint(
  args: CopyArguments,
  { sides, signal }: Pick<Means, 'sides' | 'signal'>,
  extents: CopyExtents | undefined,
): Promise<CheckpointFile | undefined> {
  const { checkpointPath: path } = args;
  if (path === undefined) return undefined;
  const { resumeCopy } = await checkpoints();
  return resumeCopy({ path, args, sides, extents, signal });
}

function jsonOf(result: CopyResult | VerifiedResult): Record<string, unknown> {
  const verify = 'verify' in result ? result.verify : undefined;
  return {
    bytes_total: result.bytesTotal,
    bytes_copied: result.bytesCopied,
    bytes_zeroed: result.bytesZeroed,
    bytes_skipped: result.bytesSkipped,
    seconds: rounded(result.seconds),
    retries: result.retries,
    resumed: result.resumedBytes > 0,
    bytes_resumed: result.resumedBytes,
    verified: verify !== undefined,
    ...(verify === undefined ? {} : { verify: verifyJsonOf(verify) }),
  };
}

function verifyJsonOf(verify: VerifiedResult['verify']): Record<string, unknown> {
  return {
    mode: verify.mode,
    bytes_verified: verify.bytesVerified,
    mismatches: verify.mismatches,
    repaired_bytes: verify.repairedBytes,
    seconds: rounded(verify.seconds),
  };
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
