import { Router } from 'express';
import { z } from 'zod';
import { AppError, notFound, precondition } from '../base/errors.ts';
import { parseRequest } from '../http/server.ts';
import type { Progress } from './progress-contract.ts';
import type { ProgressStore } from './progress-store.ts';
import type { Sessions } from './session/sessions.ts';
import type { Janitor } from './snapshots/janitor.ts';
import { CleanupRequest } from './vcenter-contract.ts';
import { cleanUp } from './vcenter/clean-up.ts';

export interface JobParts {
  readonly sessions: Sessions;
  readonly progress: ProgressStore;
  readonly janitor: Janitor;
}

/** What the VMA knows of a job, and what it can clear away of it. */
export function jobRoutes(parts: JobParts): Router {
  const router = Router();
  router.get('/status/:jobId', (req, res) => {
    res.json(statusOf(parts, req.params.jobId));
  });
  router.post('/cleanup', async (req, res) => {
    res.json(await cleanUp(parts, parseRequest(CleanupRequest, req.body)));
  });
  router.post('/replicate', (req) => {
    throw replicatedByOma(parseRequest(LegacyReplicate, req.body));
  });
  return router;
}

/** The job in a word. A job with a session of which no progress was told runs. @throws not-found `job.unknown` */
function statusOf({ sessions, progress }: JobParts, jobId: string): object {
  const told = progressOf(progress, jobId);
  const session = sessions.byJob(jobId);
  const removals = sessions.removals().filter((removal) => removal.job_id === jobId);
  if (told === undefined && session === undefined && removals.length === 0) {
    throw notFound('job.unknown', `this VMA knows nothing of job ${jobId}`, {
      hint: 'it knows jobs while they have a source session, and for an hour after their end; the OMA knows all of them',
    });
  }
  return {
    job_id: jobId,
    status: told?.status ?? (session === undefined ? 'completed' : 'running'),
    phase: told?.phase ?? null,
    percentage: told?.percentage ?? null,
    last_error: told?.last_error ?? null,
    session:
      session === undefined
        ? null
        : { session_id: session.session_id, kind: session.kind, vm: session.vm, expires_at: session.expires_at },
    snapshot_removals: removals,
  };
}

function progressOf(progress: ProgressStore, jobId: string): Progress | undefined {
  try {
    return progress.read(jobId);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'progress.unknown') return undefined;
    throw thrown;
  }
}

/** What the VMA was once started with; the credentials in it are not looked at. */
const LegacyReplicate = z.object({
  job_id: z.string().min(1).max(64),
  vm_paths: z.array(z.string().min(1).max(500)).min(1),
  nbd_targets: z.array(z.object({ device_path: z.string() })).optional(),
});

const replicatedByOma = ({ job_id: jobId, vm_paths: paths }: z.output<typeof LegacyReplicate>): AppError =>
  precondition('replicate.by-oma', 'the VMA moves no data by itself: a worker of the OMA does', {
    details: { status: 501, job_id: jobId, vms: paths.length },
    hint: 'POST /api/v1/replications at the OMA: its worker asks this VMA for a source session, and reads the disks from there',
  });
