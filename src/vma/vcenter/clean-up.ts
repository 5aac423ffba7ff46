import { counted } from '../../base/counted.ts';
import { AppError, conflict, describeError } from '../../base/errors.ts';
import type { VcenterAccess } from '../contract.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Janitor } from '../snapshots/janitor.ts';
import type { OwnSnapshot } from '../snapshots-contract.ts';
import type { Cleanup, CleanupRequest } from '../vcenter-contract.ts';

export interface CleanUpParts {
  readonly sessions: Pick<Sessions, 'byJob' | 'end' | 'removals'>;
  readonly janitor: Pick<Janitor, 'find' | 'remove'>;
}

/**
 * `cleanup_all` ends the session of a job, which removes its snapshot. Both actions then look at the vCenter, where they
 * were told of one, for snapshots with the tag of this installation and job, and begin with their removal. Nothing else is
 * touched; asked again, they do what is left.
 * Errors: conflict `cleanup.session-open` for delete_snapshot; those of Janitor.find.
 */
export async function cleanUp(parts: CleanUpParts, request: CleanupRequest): Promise<Cleanup> {
  const { job_id: jobId, action } = request;
  if (action === 'delete_snapshot' && parts.sessions.byJob(jobId) !== undefined) throw sessionOpen(jobId);
  const isEnded = action === 'cleanup_all' && (await endSession(parts.sessions, jobId));
  const snapshots = await removeLeft(parts.janitor, request);
  const pending = parts.sessions.removals().filter((removal) => removal.job_id === jobId).length;
  const result = { job_id: jobId, action, session_ended: isEnded, snapshots, removals_pending: pending };
  return { ...result, message: messageOf(result, request) };
}

async function endSession(sessions: CleanUpParts['sessions'], jobId: string): Promise<boolean> {
  // One that is still being made is no session yet, but can be ended, too.
  const epoch = sessions.byJob(jobId)?.epoch ?? Number.MAX_SAFE_INTEGER;
  try {
    await sessions.end(jobId, { epoch, committed: false });
    return true;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'session.unknown') return false;
    throw thrown;
  }
}

type Left = Cleanup['snapshots'];

async function removeLeft(janitor: CleanUpParts['janitor'], request: CleanupRequest): Promise<Left> {
  const { job_id: jobId, installation_id: installationId, credentials: access } = request;
  if (access === undefined || access === null) return [];
  const { snapshots } = await janitor.find({ ...access, installation_id: installationId });
  const left: Left = [];
  for (const snapshot of snapshots.filter((one) => one.job_id === jobId)) {
    left.push(await remove(janitor, snapshot, access));
  }
  return left;
}

/** One that cannot be removed must not keep the others. */
async function remove(
  janitor: CleanUpParts['janitor'],
  { vm, vm_ref, snapshot_ref, tag }: OwnSnapshot,
  access: VcenterAccess,
): Promise<Left[number]> {
  try {
    const { state } = await janitor.remove({ ...access, vm_ref, snapshot_ref, tag });
    return { vm, snapshot_ref, state, error: null };
  } catch (thrown) {
    return { vm, snapshot_ref, state: 'failed', error: describeError(thrown) };
  }
}

function messageOf(
  { session_ended, snapshots, removals_pending }: Omit<Cleanup, 'message'>,
  request: CleanupRequest,
): string {
  const failed = snapshots.filter((one) => one.state === 'failed').length;
  return [
    session_ended ? 'the session of the job was ended' : 'the job has no session here',
    removals_pending > 0 ? 'its snapshot is being removed' : undefined,
    request.credentials === undefined || request.credentials === null
      ? 'no vcenter was looked at: send credentials to remove snapshots that nobody here knows of'
      : `${counted(snapshots.length, 'leftover snapshot')} found, ${failed} of them cannot be removed now`,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}

const sessionOpen = (jobId: string): AppError =>
  conflict('cleanup.session-open', `job ${jobId} has an open session, which reads from its snapshot`, {
    details: { job_id: jobId },
    hint: 'end or cancel the job; or take the action cleanup_all, which ends the session first',
  });
