import { formatBytes, formatDuration, SECOND } from '../../base/units.ts';
import type { Knex } from '../../db/knex.ts';
import { listDisks } from '../../db/stores/disk-store.ts';
import { findReplication } from '../../db/stores/replication-store.ts';
import type { JobView } from '../../db/stores/job-view-store.ts';
import { markup, type Content, type Html } from './markup.ts';

/** How far a copy is; nothing for jobs that copy nothing. The script moves the bars of a running one. */
export async function progressOf(db: Knex, job: JobView): Promise<Content> {
  const replication = await findReplication(db, job.id);
  if (replication === undefined) return null;
  const disks = await listDisks(db, { job_id: job.id });
  const { progressPercent, bytesTransferred, totalBytes, transferSpeedBps, vmaEtaSeconds } = replication;
  const isRunning = job.status === 'running';
  return markup`<h2>Progress</h2>
        <p id="operation">${replication.currentOperation}</p>
        ${bar('all', 'All disks', { percent: progressPercent, done: bytesTransferred, total: totalBytes })}
        <p class="rate">${isRunning && markup`<span id="rate">${formatBytes(transferSpeedBps)}/s</span><span id="eta">${vmaEtaSeconds > 0 && `, about ${formatDuration(vmaEtaSeconds * SECOND)} left`}</span>`}</p>
        ${disks.map((disk) => bar(disk.diskId, disk.label ?? disk.diskId, { percent: disk.syncProgressPercent, done: disk.bytesSynced, total: disk.capacityBytes ?? 0 }))}`;
}

interface Share {
  readonly percent: number;
  readonly done: number;
  readonly total: number;
}

const bar = (id: string, name: string, { percent, done, total }: Share): Html => markup`
        <div class="bar" data-disk="${id}">
          <span class="name">${name}</span>
          <progress max="100" value="${Math.floor(percent)}" aria-label="${name}"></progress>
          <span class="share"><b>${Math.floor(percent)} %</b> <span>${formatBytes(done)} of ${formatBytes(total)}</span></span>
        </div>`;
