import { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { upstream } from '../base/errors.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { deviceNode, overlayNode } from './block-nodes.ts';
import type { StorageProcess } from './storage-process.ts';

/** Writing what an overlay holds into the device below it: the job block-commit of qemu. Callers serialise per volume. */

/** Storage that moves nothing for so long hangs. */
const STALLED_MS = 3 * MINUTE;
const POLL_FIRST_MS = 10;
const POLL_MAX_MS = 500;
const EVENT_WAIT_MS = 10 * SECOND;

const jobsSchema = z.array(z.object({ device: z.string(), len: z.number(), offset: z.number(), ready: z.boolean() }));
const endSchema = z.object({ error: z.string().optional(), offset: z.number(), len: z.number() });
type BlockJob = z.output<typeof jobsSchema>[number];

const jobName = (serial: string): string => `merge-${serial}`;

/**
 * Writes the overlay of the open nodes of this volume into its device. The overlay stays as it is, so that it may be
 * done again from the beginning after a death at any moment.
 * @param tell how far it is, in percent
 * @throws upstream `overlay.merge-failed` (a write or the flush of the device failed, its space ran out),
 * `overlay.merge-stalled`, `qemu.*`. The device then holds some of it, and only with the overlay above it all.
 */
export async function mergeNodes(
  process: StorageProcess,
  serial: string,
  tell: (percent: number) => void,
): Promise<void> {
  const { qmp } = process;
  const name = jobName(serial);
  const isEnd = new Set(['BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED']);
  using ended = qmp.watch((event) => isEnd.has(event.name) && event.data['device'] === name);
  await qmp.execute('block-commit', {
    'job-id': name,
    device: overlayNode(serial),
    'base-node': deviceNode(serial),
    'on-error': 'report',
  });
  await untilEnded(process, serial, tell);
  const event = await ended.wait(EVENT_WAIT_MS);
  const { error, offset, len } = endSchema.parse(event.data);
  if (event.name === 'BLOCK_JOB_COMPLETED' && error === undefined && offset === len) return;
  throw upstream(
    'overlay.merge-failed',
    `qemu could not merge the overlay of ${serial}: ${error ?? 'it ended early'}`,
    {
      details: { serial, event: event.name },
      hint: 'nothing is lost: it is merged again; look at the disk of the volume and at the log of the kernel',
    },
  );
}

async function untilEnded(process: StorageProcess, serial: string, tell: (percent: number) => void): Promise<void> {
  let [offset, movedAt, pauseMs, isCompleting] = [-1, performance.now(), POLL_FIRST_MS, false];
  for (;;) {
    const job = await findMerge(process, serial);
    if (job === undefined) return;
    if (job.offset !== offset) [offset, movedAt] = [job.offset, performance.now()];
    tell(job.len === 0 ? 0 : Math.floor((100 * job.offset) / job.len));
    if (job.ready && !isCompleting) {
      isCompleting = true;
      await process.qmp.execute('job-complete', { id: jobName(serial) });
    }
    if (performance.now() - movedAt > STALLED_MS) {
      throw upstream('overlay.merge-stalled', `merging the overlay of ${serial} has not moved for ${STALLED_MS} ms`, {
        hint: 'is the storage of the volume hanging? the log of the kernel tells',
      });
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, POLL_MAX_MS);
  }
}

async function findMerge({ qmp }: StorageProcess, serial: string): Promise<BlockJob | undefined> {
  const jobs = jobsSchema.parse(await qmp.execute('query-block-jobs', {}));
  return jobs.find((job) => job.device === jobName(serial));
}

/** Ends a merge that an earlier life of ours has left behind; it may be begun again. */
export async function endMerge(process: StorageProcess, serial: string): Promise<void> {
  if ((await findMerge(process, serial)) === undefined) return;
  await process.qmp.execute('block-job-cancel', { device: jobName(serial), force: true });
  await untilEnded(process, serial, () => undefined);
}
