import { conflict, notFound, type AppError } from '../../base/errors.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import {
  commitForeign,
  contextsByPath,
  copiesItself,
  diskChanges,
  isExported,
  lockDiskOfJob,
  type DiskChange,
} from '../../db/stores/change-id-store.ts';
import { lockHeld } from '../../db/stores/job-lease.ts';
import type { StoreChangeId } from '../schemas/change-ids.ts';
import { replicationOf } from './detail.ts';

/** The changeIds of disks, for movers that copy beside our own workers. */

export interface ChangeIdQuestion {
  readonly vmPath: string;
  readonly diskId: string | undefined;
  readonly vcenterHost: string | undefined;
}

/**
 * The changeId that an incremental copy may start from: only one that is true of the target as it is now. Without a
 * disk the first one that has one, named in the answer: a changeId says nothing about another disk.
 * @throws conflict `context.ambiguous`
 */
export async function findChangeId(db: Knex, question: ChangeIdQuestion): Promise<Record<string, unknown>> {
  const { vmPath, diskId } = question;
  const [context, ...others] = await contextsByPath(db, question);
  if (others.length > 0 && context !== undefined) throw ambiguousPath(vmPath, [context, ...others]);
  if (context === undefined) return answer(question, undefined, 'no VM with this path is known: copy the disk in full');
  const disks = await diskChanges(db, context.contextId);
  const asked = diskId === undefined ? disks : disks.filter((disk) => disk.diskId === diskId);
  const found = asked.find(isUsable);
  if (found !== undefined) return answer(question, found, `changes of ${found.diskId} since this state are enough`);
  return answer(question, undefined, whyNone(asked));
}

const isUsable = (disk: DiskChange): boolean => disk.changeId !== null && disk.volumeId !== null && disk.isCurrent;

function whyNone(disks: readonly DiskChange[]): string {
  if (disks.length === 0) return 'no such disk is known: copy it in full';
  if (disks.every((disk) => disk.changeId === null)) return 'nothing has been committed yet: copy the disk in full';
  return 'the target volume is not the one that the last changeId was committed on: copy the disk in full';
}

function answer(question: ChangeIdQuestion, disk: DiskChange | undefined, message: string): Record<string, unknown> {
  const diskId = disk?.diskId ?? question.diskId;
  return {
    vm_path: question.vmPath,
    change_id: disk?.changeId ?? '',
    ...(diskId === undefined ? {} : { disk_id: diskId }),
    message,
  };
}

function ambiguousPath(vmPath: string, found: readonly { contextId: string; vcenterHost: string }[]): AppError {
  const hosts = new Set(found.map(({ vcenterHost }) => vcenterHost));
  return conflict('context.ambiguous', `${found.length} known VMs have the path ${vmPath}`, {
    details: {
      vmPath,
      contexts: found.map(({ contextId }) => contextId),
      errors: [...hosts].map((host) => ({ path: 'vcenter_host', message: host })),
    },
    hint:
      hosts.size > 1
        ? 'add vcenter_host; errors lists the possible values'
        : 'one vCenter has several of them on record: replicate them once with source_vm, so that their paths are read anew',
  });
}

/**
 * Stores that an external mover has copied a disk up to `change_id` and flushed it.
 *
 * It is true of the target only while nobody else writes there. So it is taken under the claim that copied it (its
 * epoch is the current one of a running job), not from a job whose own worker copies, and not while an export of the
 * volume is open. Changes must continue what is on the target: their previous_change_id is the stored one, of this
 * generation of the target. All of that is compared and written in one transaction that holds the job. Sent again, it
 * changes nothing.
 *
 * @throws notFound `replication.unknown`, `replication.disk-unknown`; conflict `changeid.stale-epoch`,
 * `changeid.own-copy`, `changeid.no-target`, `changeid.export-open`, `changeid.not-successor`
 */
export async function storeChangeId(db: Knex, jobId: string, body: StoreChangeId): Promise<Record<string, unknown>> {
  await replicationOf(db, jobId);
  const changed = await inTransaction(db, (trx) => store(trx, jobId, body), { idempotent: true });
  return {
    job_id: jobId,
    disk_id: body.disk_id,
    change_id: body.change_id,
    message: changed
      ? 'stored: the next replication copies what changed since'
      : 'was stored already: the next replication copies what changed since',
  };
}

async function store(trx: Knex.Transaction, jobId: string, body: StoreChangeId): Promise<boolean> {
  const { change_id: changeId, disk_id: diskId, epoch } = body;
  const previousChangeId = body.previous_change_id ?? null;
  const job = await lockHeld(trx, { jobId, epoch });
  if (job === undefined) throw staleEpoch(jobId, epoch);
  if (await copiesItself(trx, jobId)) throw ownCopy(jobId);
  const disk = await lockDiskOfJob(trx, { jobId, diskId });
  if (disk === undefined) throw diskUnknown(jobId, diskId);
  const { volumeId } = disk;
  if (volumeId === null) throw noTarget(jobId, diskId);
  if (await isExported(trx, volumeId)) throw exportOpen(jobId, volumeId);
  if (disk.changeId === changeId && disk.isCurrent) return false;
  if (previousChangeId !== null && !(disk.changeId === previousChangeId && disk.isCurrent)) {
    throw notSuccessor({ jobId, diskId, stored: disk.isCurrent ? disk.changeId : null });
  }
  await commitForeign(trx, { jobId, disk, changeId, previousChangeId });
  return true;
}

const staleEpoch = (jobId: string, epoch: number): AppError =>
  conflict('changeid.stale-epoch', `job ${jobId} does not run under epoch ${epoch}`, {
    details: { jobId, epoch },
    hint: 'another claim may have written to the target since: stop, and copy again under the claim that runs now',
  });

const ownCopy = (jobId: string): AppError =>
  conflict('changeid.own-copy', `the worker of job ${jobId} copies its disks itself`, {
    details: { jobId },
    hint: 'leave it to the worker: it stores the changeIds of all disks together when all of them are flushed',
  });

const diskUnknown = (jobId: string, diskId: string): AppError =>
  notFound('replication.disk-unknown', `replication ${jobId} has no disk ${diskId}`, {
    details: { jobId, errors: [{ path: 'disk_id', message: 'is no disk of this replication' }] },
    hint: `GET /api/v1/replications/${jobId} lists its disks`,
  });

const noTarget = (jobId: string, diskId: string): AppError =>
  conflict('changeid.no-target', `disk ${diskId} has no target volume that the changeId could be true of`, {
    details: { jobId, diskId },
    hint: 'let the job make and attach the volume first',
  });

const exportOpen = (jobId: string, volumeId: string): AppError =>
  conflict('changeid.export-open', `volume ${volumeId} may still be written through its export`, {
    details: { jobId, volumeId },
    hint: 'flush, close the export at the volume daemon, then send the changeId again',
  });

const notSuccessor = (of: { jobId: string; diskId: string; stored: string | null }): AppError =>
  conflict('changeid.not-successor', `previous_change_id is not what is on the target of disk ${of.diskId}`, {
    details: {
      ...of,
      errors: [{ path: 'previous_change_id', message: of.stored === null ? 'nothing is stored' : 'is another one' }],
    },
    hint: 'ask GET /api/v1/replications/changeid, and copy the changes since that state, or the whole disk',
  });
