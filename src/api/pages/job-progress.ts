import { formatBytes, formatDuration, SECOND } from '../../base/units.ts';
import type { JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import { markup, type Content, type Html } from './markup.ts';

/** How far a copy is; nothing for jobs that copy nothing. The script moves the bars of a running one. */
export function progressBars(progress: JobProgressRecord | undefined): Content {
  if (progress === undefined) return null;
  const { currentOperation, currentBps, averageBps, etaSeconds, disks, status } = progress;
  const limit = progress.bandwidthInForceBytesPerS;
  return markup`<h2>Progress</h2>
        <p id="operation">${currentOperation}</p>
        ${bar('all', 'All disks', progress)}
        <p class="rate"${status !== 'running' && markup` hidden`}><span id="rate">${formatBytes(currentBps)}/s</span> now<span id="average">${averageBps > 0 && `, ${formatBytes(averageBps)}/s on average`}</span><span id="eta">${etaSeconds !== null && `, about ${formatDuration(etaSeconds * SECOND)} left`}</span><span id="limit">${limit !== null && `, limited to ${formatBytes(limit)}/s`}</span></p>
        ${disks.map((disk) => bar(disk.diskId, disk.label ?? disk.diskId, disk))}`;
}

/** Zeros, and what was found to be equal, are gone through and never sent, so percent and bytes differ. As in live.js. */
function sent(percent: number, done: number, total: number): string {
  const isOver = percent >= 100 && done < total;
  return isOver
    ? `${formatBytes(done)} sent, ${formatBytes(total - done)} zeros or equal`
    : `${formatBytes(done)} sent of ${formatBytes(total)}`;
}

type Share = Pick<JobProgressRecord, 'percent' | 'bytesTransferred' | 'totalBytes'>;

const bar = (id: string, name: string, { percent, bytesTransferred, totalBytes }: Share): Html => markup`
        <div class="bar" data-disk="${id}">
          <span class="name">${name}</span>
          <progress max="100" value="${Math.floor(percent)}" aria-label="${name}"></progress>
          <span class="share"><b>${Math.floor(percent)} %</b> <span>${sent(percent, bytesTransferred, totalBytes)}</span></span>
        </div>`;
