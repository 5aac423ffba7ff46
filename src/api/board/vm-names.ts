import { describeError } from '../../base/errors.ts';
import { sleep } from '../../base/clock.ts';
import { apiLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { JobVm } from '../../db/stores/job-vm-store.ts';

/** Messages carry ids; people know their VMs by name. */
export interface VmNames {
  /** Finds out about the VMs of these jobs, for a second at most. Never throws: without an answer titles keep their ids. */
  learn(jobIds: readonly string[]): Promise<void>;
  /** The title with the name of the job's VM in it, as far as that is known. */
  titled(jobId: string, title: string): string;
}

/** The board shows a page of one queue at a time. */
const ASKED_MAX = 200;
/** What is remembered between asking and showing, and for the next look. */
const KNOWN_MAX = 2_000;
const ANSWER_WITHIN_MS = 1 * SECOND;

export function vmNames(vmsOf: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, JobVm>>): VmNames {
  const known = new Map<string, JobVm>();
  const learnNow = async (jobIds: readonly string[]): Promise<void> => {
    const found = await vmsOf(jobIds);
    for (const [jobId, vm] of found) known.set(jobId, vm);
    for (const oldest of known.keys()) {
      if (known.size <= KNOWN_MAX) break;
      known.delete(oldest);
    }
  };
  return {
    async learn(jobIds) {
      const unknown = [...new Set(jobIds)].filter((jobId) => !known.has(jobId)).slice(0, ASKED_MAX);
      if (unknown.length === 0) return;
      const answered = new AbortController();
      const asked = learnNow(unknown)
        .catch((error: unknown) => apiLog.debug({ reason: describeError(error) }, 'names of VMs not read'))
        .finally(() => answered.abort(new Error('answered')));
      await Promise.race([asked, sleep(ANSWER_WITHIN_MS, answered.signal).catch(() => undefined)]);
    },
    titled(jobId, title) {
      const vm = known.get(jobId);
      if (vm === undefined) return title;
      return title.includes(vm.contextId) ? title.replaceAll(vm.contextId, () => vm.vmName) : `${vm.vmName}: ${title}`;
    },
  };
}
