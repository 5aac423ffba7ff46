import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { cancelled, upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { parseRequest } from '../../http/server.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { VcenterAccess } from '../contract.ts';
import { DiscoverRequest, PowerOffRequest, PowerOnRequest, VmSpecChangesRequest } from '../vcenter-contract.ts';
import { cbtStatus } from './cbt-status.ts';
import { switchOff, switchOn } from './change-power.ts';
import { discover } from './discover.ts';
import type { PowerOperations } from './power-operations.ts';
import { powerState } from './power-state.ts';
import { accessInHeader } from './request-access.ts';
import { specChanges } from './spec-changes.ts';
import type { Vcenters } from './vcenters.ts';

export interface VcenterParts {
  readonly vcenters: Vcenters;
  readonly power: PowerOperations;
  /** One request that reads may take this long at a vCenter; default 50 s, less than its clients wait. */
  readonly requestMs?: number | undefined;
}

const REQUEST_MS = 50 * SECOND;
/** What an inventory path and its escapes may come to. */
const NAME_LENGTH_MAX = 1000;

/** A path need not be encoded: then it comes in pieces. */
const VmParams = z.object({
  vm: z
    .union([z.string(), z.array(z.string()).transform((pieces) => rooted(pieces.filter((piece) => piece !== '')))])
    .pipe(z.string().min(1).max(NAME_LENGTH_MAX)),
});

/** Without its first slash a path is still one. */
const rooted = (pieces: readonly string[]): string => (pieces.length > 1 ? `/${pieces.join('/')}` : (pieces[0] ?? ''));

/** What is done at a vCenter besides source sessions. */
export function vcenterRoutes(parts: VcenterParts): Router {
  const router = Router();
  router.post('/discover', async (req, res) => {
    const request = parseRequest(DiscoverRequest, req.body);
    res.json(await reading(parts, { res, access: request }, (session, signal) => discover(session, request, signal)));
  });
  router.post('/vm-spec-changes', async (req, res) => {
    const request = parseRequest(VmSpecChangesRequest, req.body);
    res.json(
      await reading(parts, { res, access: request }, (session, signal) => specChanges(session, request, signal)),
    );
  });
  const tracking = async (req: Request, res: Response, access: VcenterAccess): Promise<void> => {
    const vm = vmOf(req);
    res.json(await reading(parts, { res, access }, (session, signal) => cbtStatus(session, vm, signal)));
  };
  router.get('/vms/*vm/cbt-status', (req, res) => tracking(req, res, accessInHeader(req)));
  router.post('/vms/*vm/cbt-status', (req, res) => tracking(req, res, parseRequest(VcenterAccess, req.body)));
  powerRoutes(router, parts);
  return router;
}

function powerRoutes(router: Router, parts: VcenterParts): void {
  const { power } = parts;
  router.post('/vm/*vm/power-off', async (req, res) => {
    const { force, timeout, wait_for_shutdown, ...request } = parseRequest(PowerOffRequest, req.body);
    const how = { force, timeout, wait_for_shutdown };
    const change = {
      kind: 'power-off' as const,
      vm: vmOf(req),
      access: request,
      how: JSON.stringify(how),
      operationId: request.operation_id ?? undefined,
      work: (work: Parameters<typeof switchOff>[0]) => switchOff(work, how),
    };
    res.json(await power.change(change, inMs(request.answer_within)));
  });
  router.post('/vm/*vm/power-on', async (req, res) => {
    const { timeout, wait_for_tools, ...request } = parseRequest(PowerOnRequest, req.body);
    const how = { timeout, wait_for_tools };
    const change = {
      kind: 'power-on' as const,
      vm: vmOf(req),
      access: request,
      how: JSON.stringify(how),
      operationId: request.operation_id ?? undefined,
      work: (work: Parameters<typeof switchOn>[0]) => switchOn(work, how),
    };
    res.json(await power.change(change, inMs(request.answer_within)));
  });
  const state = async (req: Request, res: Response, access: VcenterAccess): Promise<void> => {
    const vm = vmOf(req);
    res.json(await reading(parts, { res, access }, (session, signal) => powerState(session, { vm, power, signal })));
  };
  router.get('/vm/*vm/power-state', (req, res) => state(req, res, accessInHeader(req)));
  router.post('/vm/*vm/power-state', (req, res) => state(req, res, parseRequest(VcenterAccess, req.body)));
}

const vmOf = (req: Request): string => parseRequest(VmParams, req.params).vm;

const inMs = (seconds: number | null | undefined): number | undefined =>
  seconds === null || seconds === undefined ? undefined : seconds * SECOND;

interface Reading {
  readonly res: Response;
  readonly access: VcenterAccess;
}

/** Ends with the request: when its client is gone, or its time is over. */
async function reading<T>(
  { vcenters, requestMs = REQUEST_MS }: VcenterParts,
  { res, access }: Reading,
  work: (session: VsphereSession, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const { signal } = end;
  const timer = setTimeout(() => end.abort(tooSlow(access.vcenter, requestMs)), requestMs);
  const gone = (): void => end.abort(cancelled('request.abandoned', 'the client went away'));
  res.once('close', gone);
  try {
    return await vcenters.use(access, (session) => work(session, signal), { signal });
  } finally {
    clearTimeout(timer);
    res.off('close', gone);
  }
}

const tooSlow = (vcenter: string, ms: number): Error =>
  upstream('vsphere.too-slow', `vcenter ${vcenter} did not answer everything within ${ms} ms`, {
    hint: 'it answers, but slowly: look at its load; a filter does not make it faster, a datacenter neither',
  });
