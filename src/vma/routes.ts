import { type Express, type Response, Router } from 'express';
import { z } from 'zod';
import { vmaLog } from '../base/logger.ts';
import { requireSharedSecret } from '../http/bearer.ts';
import { sendLines } from '../http/send-lines.ts';
import { endWithProblems, newApp, parseRequest } from '../http/server.ts';
import { HashQuery } from '../hashes/contract.ts';
import { hashLines } from '../hashes/hash-lines.ts';
import { HashSlots } from '../hashes/hash-slots.ts';
import { AreasOf, CreateSession, EndSession, Heartbeat, type SessionDisk } from './contract.ts';
import { describeFolderVm, listFolderVms } from './folder/inventory.ts';
import { jobRoutes } from './job-routes.ts';
import { ProgressUpdate } from './progress-contract.ts';
import type { ProgressStore } from './progress-store.ts';
import type { RunSettings } from './run-settings.ts';
import type { Sessions } from './session/sessions.ts';
import { ChangeSettings } from './settings-contract.ts';
import type { Janitor } from './snapshots/janitor.ts';
import { snapshotRoutes } from './snapshots/routes.ts';
import { refuseCredentialsInUrl } from './vcenter/request-access.ts';
import { type VcenterParts, vcenterRoutes } from './vcenter/routes.ts';

export interface VmaParts extends VcenterParts {
  readonly token: string;
  readonly folderRoot: string | undefined;
  readonly sessions: Sessions;
  readonly sourceKinds: readonly CreateSession['kind'][];
  readonly janitor: Janitor;
  readonly progress: ProgressStore;
  readonly settings: RunSettings;
  readonly version: string | undefined;
  /** How long one POST waits for its session before it answers `session.preparing`. */
  readonly answerWithinMs: number;
  readonly uptimeS: () => number;
}

const AreaQuery = z.object({ cursor: z.string().max(20).optional(), of: AreasOf.optional() });
const JobId = z.object({ jobId: z.string().min(1).max(64) });

/** The VMA's HTTP interface under /api/v1; only health is open. */
export function vmaApp(parts: VmaParts): Express {
  const app = newApp();
  const health = (_req: unknown, res: Response): void => {
    res.json({
      status: 'ok',
      service: 'vma',
      version: parts.version ?? null,
      uptime_seconds: Math.round(parts.uptimeS()),
      sessions: parts.sessions.list().length,
      snapshot_removals: parts.sessions.removals().length,
      source_kinds: parts.sourceKinds,
    });
  };
  app.get('/health', health);
  app.get('/api/v1/health', health);
  app.use(
    '/api/v1',
    requireSharedSecret(parts.token),
    refuseCredentialsInUrl,
    sessionRoutes(parts),
    folderRoutes(parts),
    progressRoutes(parts),
    vcenterRoutes(parts),
    snapshotRoutes(parts.janitor),
    jobRoutes(parts),
    settingsRoutes(parts.settings),
  );
  endWithProblems(app, vmaLog);
  return app;
}

function sessionRoutes({ sessions, answerWithinMs }: VmaParts): Router {
  const router = Router();
  router.post('/source-sessions', async (req, res) => {
    const { session, created } = await sessions.create(parseRequest(CreateSession, req.body), answerWithinMs);
    res.status(created ? 201 : 200).json(session);
  });
  router.get('/source-sessions', (_req, res) => {
    const list = sessions.list();
    res.json({ sessions: list, count: list.length, removals: sessions.removals() });
  });
  router.get('/source-sessions/:id', (req, res) => {
    res.json(sessions.get(req.params.id));
  });
  router.put('/source-sessions/:id', async (req, res) => {
    const { epoch } = parseRequest(Heartbeat, req.body);
    res.json(await sessions.heartbeat(req.params.id, epoch));
  });
  router.delete('/source-sessions/:id', async (req, res) => {
    res.json(await sessions.end(req.params.id, parseRequest(EndSession, req.body)));
  });
  router.get('/source-sessions/:id/disks/:diskId/areas', async (req, res) => {
    const { cursor, of } = parseRequest(AreaQuery, req.query);
    res.json(await sessions.areas(req.params.id, { diskId: req.params.diskId, cursor, of }));
  });
  const slots = new HashSlots();
  router.get('/source-sessions/:id/disks/:diskId/hashes', async (req, res) => {
    const { id, diskId } = req.params;
    const query = parseRequest(HashQuery, req.query);
    const look = (): SessionDisk => sessions.disk(id, diskId, query.epoch);
    const { uris, capacity_bytes: sizeBytes } = look();
    using _slot = slots.take();
    const disk = { uri: uris.unix ?? uris.tcp ?? '', sizeBytes, allowed: () => void look() };
    await sendLines(res, { lines: (signal) => hashLines(disk, query, signal), log: vmaLog });
  });
  return router;
}

function folderRoutes({ folderRoot }: VmaParts): Router {
  const router = Router();
  router.get('/folder-vms', async (_req, res) => {
    const list = await listFolderVms(folderRoot);
    res.json({ ...list, count: list.vms.length });
  });
  router.get('/folder-vms/:name', async (req, res) => {
    res.json(await describeFolderVm(folderRoot, req.params.name));
  });
  return router;
}

function progressRoutes({ progress }: VmaParts): Router {
  const router = Router();
  router.get('/progress/:jobId', (req, res) => {
    res.json(progress.read(parseRequest(JobId, req.params).jobId));
  });
  router.post('/progress/:jobId/update', (req, res) => {
    const { jobId } = parseRequest(JobId, req.params);
    const entry = progress.update(jobId, parseRequest(ProgressUpdate, req.body));
    res.json({ job_id: jobId, status: entry.status });
  });
  return router;
}

function settingsRoutes(settings: RunSettings): Router {
  const router = Router();
  router.get('/config', (_req, res) => {
    res.json(settings.current);
  });
  router.put('/config', async (req, res) => {
    const config = await settings.change(parseRequest(ChangeSettings, req.body));
    res.json({ message: 'the settings count from now on, and after a restart', config });
  });
  return router;
}
