import { AppError, cancelled, describeError } from '../base/errors.ts';
import { compareSamples } from '../transfer/compare.ts';
import { copyDisk } from '../transfer/copy-disk.ts';
import type { CopyCheckpoint, CopyOptions, CopyResult } from '../transfer/copy-options.ts';
import { RateLimit } from '../transfer/rate-limit.ts';
import { COPY_USAGE, parseCopyArguments, type CopyArguments } from './copy-arguments.ts';
import { CheckpointFile, type CheckpointIdentity } from './copy-checkpoint.ts';
import { CopyReport } from './copy-report.ts';
import { openSides, type CopySides } from './copy-sides.ts';
import type { VerifiedResult } from './copy-verify.ts';
import { openExtentsFile, type ExtentsFile } from './extents-file.ts';

/** Lines for the two outputs of a command. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Places of earlier work that a resumed copy looks at again on both sides. */
const SAMPLES = 32;

/**
 * `migratekit copy`. Returns the exit code: 0 when every byte is on the target and flushed, 2 for wrong usage, 1 for
 * everything else, with one line on stderr. Loads the engine and nothing more of this project, to start quickly.
 */
export async function runCopy(args: readonly string[], output: Output): Promise<number> {
  const stop = new AbortController();
  const onSignal = (name: string): void => stop.abort(cancelled('copy.interrupted', `interrupted by ${name}`));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    const parsed = parseCopyArguments(args);
    if (parsed === undefined) output.out(COPY_USAGE);
    else await copy(parsed, output, stop.signal);
    return 0;
  } catch (error) {
    output.err(`copy: ${oneLine(describeError(error))}`);
    return error instanceof AppError && USAGE_CODES.includes(error.code) ? 2 : 1;
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}

const USAGE_CODES = ['copy.usage', 'nbd.invalid-uri', 'nbd.tls-unsupported'];

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

async function copy(args: CopyArguments, output: Output, signal: AbortSignal): Promise<void> {
  const sides = await openSides(args, signal);
  const report = args.progress ? new CopyReport(output.err) : undefined;
  let result: CopyResult | VerifiedResult;
  try {
    result = await copySides(args, { sides, report, signal });
  } finally {
    report?.stop();
    await sides.close();
  }
  output.out(args.json ? JSON.stringify(jsonOf(result)) : CopyReport.summary(result));
}

export interface Means {
  readonly sides: CopySides;
  readonly report: CopyReport | undefined;
  readonly signal: AbortSignal;
}

/** What belongs to one copy besides its options. */
export interface CopyRun extends Means {
  readonly file: ExtentsFile | undefined;
  readonly checkpoint: CheckpointFile | undefined;
  readonly checkpointPath: string | undefined;
  readonly identity: CheckpointIdentity;
}

async function copySides(args: CopyArguments, means: Means): Promise<CopyResult | VerifiedResult> {
  const { sides, report, signal } = means;
  const { source, target } = sides;
  const lengthBytes = source.sizeBytes;
  const file =
    args.extentsPath === undefined ? undefined : await openExtentsFile(args.extentsPath, lengthBytes, signal);
  const identity = identityOf(args, sides, file);
  const checkpoint = await openCheckpoint(args, sides, identity);
  try {
    const options: CopyOptions = {
      source,
      target,
      lengthBytes,
      extentsBytes: file?.bytes,
      outside: args.zeroOutside ? 'zero' : 'leave',
      // After an earlier run nobody has proven anything about what that run did not finish.
      targetIsZero: sides.isTargetNew || (args.targetIsZero && checkpoint?.isResumed !== true),
      useSourceExtents: args.isSparse,
      detectZeros: args.isSparse,
      requestBytes: args.requestBytes,
      inFlight: args.inFlight === undefined ? undefined : args.inFlight * args.connections,
      rate: args.rateBytesPerS === undefined ? undefined : new RateLimit(args.rateBytesPerS),
      checkpoint: checkpoint === undefined ? undefined : savedIn(checkpoint),
      allowNoFlush: args.allowNoFlush,
      signal,
      progress: report === undefined ? undefined : (counter) => report.show(counter),
    };
    const result = await copyAs(args, options, {
      ...means,
      file,
      checkpoint,
      identity,
      checkpointPath: args.checkpointPath,
    });
    await checkpoint?.remove();
    return result;
  } finally {
    await checkpoint?.close();
  }
}

async function copyAs(args: CopyArguments, options: CopyOptions, run: CopyRun): Promise<CopyResult | VerifiedResult> {
  if (args.verify === 'off') return copyDisk({ ...options, extents: run.file?.extents() });
  // What only a verification needs is loaded for it.
  const { copyAndVerify } = await import('./copy-verify.ts');
  return copyAndVerify(args.verify, options, run);
}

function identityOf(
  args: CopyArguments,
  { source, target }: CopySides,
  file: ExtentsFile | undefined,
): CheckpointIdentity {
  return {
    length_bytes: source.sizeBytes,
    target_bytes: target.sizeBytes,
    extents_sha256: file?.sha256 ?? null,
    outside: args.zeroOutside ? 'zero' : 'leave',
  };
}

async function openCheckpoint(
  args: CopyArguments,
  { source, target }: CopySides,
  identity: CheckpointIdentity,
): Promise<CheckpointFile | undefined> {
  if (args.checkpointPath === undefined) return undefined;
  const checkpoint = await CheckpointFile.open(args.checkpointPath, identity);
  try {
    if (checkpoint.done.length > 0) await compareSamples({ source, target, ranges: checkpoint.done, samples: SAMPLES });
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
  return checkpoint;
}

const savedIn = (file: CheckpointFile): CopyCheckpoint => ({ done: file.done, save: (ranges) => file.add(ranges) });

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
