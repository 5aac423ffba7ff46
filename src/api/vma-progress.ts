import { apiLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { PeerConfig } from '../config/config.ts';
import { requestJson } from '../http/json-client.ts';
import { VmaProgress } from './schemas/progress.ts';

/** Somebody waits for the answer, and the row has one too. */
const WITHIN_MS = 2 * SECOND;

/** Asks the VMA's progress store for a job: undefined when it does not know it, or does not answer in time. Never throws. */
export function askVmaProgress(peer: PeerConfig): (jobId: string) => Promise<VmaProgress | undefined> {
  const vma = { name: 'vma', url: `${peer.url}/api/v1`, token: peer.token?.reveal() };
  return async (jobId) => {
    try {
      const path = `/progress/${encodeURIComponent(jobId)}`;
      return await requestJson(vma, { method: 'GET', path, answer: VmaProgress, deadlineMs: WITHIN_MS });
    } catch (error) {
      apiLog.debug({ err: error, jobId }, 'the vma has no progress of this job');
      return undefined;
    }
  };
}
