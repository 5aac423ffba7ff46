import { formatBytes, formatDuration, SECOND } from '../base/units.ts';
import type { CopyResult } from '../transfer/copy-options.ts';
import type { VerifyProgress, VerifyResult } from '../transfer/verify/verified-copy.ts';
import type { CopyProgress } from './copy-progress.ts';

/** What `copy` says about itself, for people and for programs. */

/** `62.5 %  5.0 GiB of 8.0 GiB  112.0 MiB/s  ETA 27 s  2 retries`; the most important first, because the end may be cut. */
export function progressLine(progress: CopyProgress): string {
  const { counter, doneBytes, percent, currentBps, etaSeconds, retries, away } = progress;
  const isDone = doneBytes >= counter.bytesTotal;
  return [
    `${percent.toFixed(1)} %`,
    `${formatBytes(doneBytes)} of ${formatBytes(counter.bytesTotal)}`,
    `${formatBytes(currentBps)}/s`,
    ...(etaSeconds === undefined || isDone ? [] : [`ETA ${formatDuration(etaSeconds * SECOND)}`]),
    ...(away === undefined ? [] : [`waiting for the ${away}`]),
    ...(retries === 0 ? [] : [`${retries} ${retries === 1 ? 'retry' : 'retries'}`]),
  ].join('  ');
}

/** The names of the summary and of the API's events. */
export function progressJson({ counter, percent, ...progress }: CopyProgress): Record<string, unknown> {
  return {
    phase: 'copy',
    percent: Math.floor(percent * 100) / 100,
    bytes_total: counter.bytesTotal,
    bytes_copied: counter.bytesCopied,
    bytes_zeroed: counter.bytesZeroed,
    bytes_skipped: counter.bytesSkipped,
    bytes_resumed: counter.bytesResumed,
    current_bps: progress.currentBps,
    average_bps: progress.averageBps,
    eta_seconds: progress.etaSeconds ?? null,
    retries: progress.retries,
    waiting_for: progress.away ?? null,
  };
}

export function verifyLine({ bytesRead, bytesTotal }: VerifyProgress): string {
  if (bytesTotal === undefined) return `verifying  ${formatBytes(bytesRead)} read again`;
  const percent = bytesTotal === 0 ? 100 : Math.min(100, (bytesRead / bytesTotal) * 100);
  return `verifying  ${percent.toFixed(1)} %  ${formatBytes(bytesRead)} of ${formatBytes(bytesTotal)} read again`;
}

export function verifyJson({ bytesRead, bytesTotal }: VerifyProgress): Record<string, unknown> {
  return { phase: 'verify', bytes_read: bytesRead, bytes_total: bytesTotal ?? null };
}

/** One line, when all is done. */
export function copySummary(result: CopyResult & { readonly verify?: VerifyResult }): string {
  const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds } = result;
  const parts = `${formatBytes(bytesCopied)} copied, ${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped`;
  const copied = `${formatBytes(bytesTotal)} in ${formatDuration(seconds * SECOND)}: ${parts}`;
  return result.verify === undefined ? copied : `${copied}; ${verifySummary(result.verify)}`;
}

function verifySummary({ mode, bytesVerified, mismatches, repairedBytes, seconds }: VerifyResult): string {
  const what = mode === 'full' ? '' : ' as a sample';
  const repaired = mismatches === 0 ? '' : `, ${mismatches} differences repaired (${formatBytes(repairedBytes)})`;
  return `${formatBytes(bytesVerified)} verified${what} in ${formatDuration(seconds * SECOND)}${repaired}`;
}
