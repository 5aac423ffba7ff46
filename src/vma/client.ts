import { z } from 'zod';
import { sleep, systemClock } from '../base/clock.ts';
import { AppError, upstream } from '../base/errors.ts';
import { HOUR, MINUTE, SECOND } from '../base/units.ts';
import type { PeerConfig } from '../config/config.ts';
import { type JsonRequest, type Peer, requestJson, requestOf } from '../http/json-client.ts';
import { type HashRange, type HashRecord, hashesFrom } from '../hashes/client.ts';
import { type Area, checkedAreas } from './client-areas.ts';
import { snapshotCalls, type SnapshotCalls } from './client-snapshots.ts';
import { vcenterCalls, type VcenterCalls } from './client-vcenter.ts';
import { AreaPage, type AreasOf, type CreateSession, type EndSession, SourceSession } from './contract.ts';
import { FolderVm, FolderVmList } from './folder-contract.ts';
import { Progress, type ProgressUpdate, ProgressUpdated } from './progress-contract.ts';

/**
 * The VMA as the OMA sees it. Every call has a deadline of its own; errors keep code and hint of the VMA
 * (`session.*`, `source.*`), and are `vma.unreachable`, `vma.bad-answer` or `vma.areas-invalid` otherwise.
 */
export interface VmaClient extends VcenterCalls, SnapshotCalls {
  /**
   * Makes the job's session, or adopts it with a higher epoch. The VMA copies and hashes meanwhile, which may take
   * hours: it is asked again and again until `deadlineMs` (default 12 h) or an abort. After an abort in here, end the
   * session by the job's id.
   * @throws conflict `session.vm-busy`, worth another attempt: another job's session of this VM is still open.
   */
  createSession(request: CreateSession, options?: CallOptions & { deadlineMs?: number }): Promise<SourceSession>;
  /** `id` of a session or of its job, in all calls. @throws not-found `session.unknown` */
  getSession(id: string, options?: CallOptions): Promise<SourceSession>;
  listSessions(options?: CallOptions): Promise<SourceSession[]>;
  /** Keeps the session alive. @throws conflict `session.stale-epoch`; not-found `session.unknown` */
  heartbeat(id: string, epoch: number, options?: CallOptions): Promise<SourceSession>;
  /** Ends it; one that is gone already is no error, because an answer may have been lost. */
  endSession(id: string, how: EndSession, options?: CallOptions): Promise<void>;
  /**
   * What to copy of a disk, ascending, without overlap. Complete only when the iteration ends by itself.
   * @throws upstream `vma.areas-invalid` when a page breaks the rules: no changeId may be committed then.
   */
  areas(sessionId: string, diskId: string, options?: CallOptions & { of?: AreasOf }): AsyncIterable<Area>;
  /**
   * Hashes of a disk in the snapshot, read beside it; complete only when the iteration ends by itself. A lost
   * connection is opened again where it was lost. `call.epoch`: see heartbeat.
   * @throws conflict `session.stale-epoch`; not-found `session.unknown`; and what hashesFrom throws.
   */
  hashes(sessionId: string, diskId: string, call: SessionHashes): AsyncIterable<HashRecord>;
  /** 1 min: the VMA opens every image. */
  folderVms(options?: CallOptions): Promise<FolderVmList>;
  folderVm(name: string, options?: CallOptions): Promise<FolderVm>;
  /** Best effort, 2 s: false when the VMA did not take it. Never throws. */
  progressUpdate(jobId: string, update: ProgressUpdate): Promise<boolean>;
  /** 2 s. @throws not-found `progress.unknown` */
  progress(jobId: string, options?: CallOptions): Promise<Progress>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SessionHashes extends CallOptions {
  readonly epoch: number;
  readonly range: HashRange;
}

const CALL_MS = 15 * SECOND;
/** The VMA answers a POST after 20 s at the latest, and an adoption may have to start servers. */
const CREATE_CALL_MS = 90 * SECOND;
const CREATE_MS = 12 * HOUR;
const CREATE_PAUSE_MS = 1 * SECOND;
/** Waits for servers to end and files to go. */
const END_MS = 2 * MINUTE;
/** A page reads up to 64 MiB of index. */
const PAGE_MS = 1 * MINUTE;
const INVENTORY_MS = 1 * MINUTE;
const PROGRESS_MS = 2 * SECOND;

const Ended = z.object({ session_id: z.string(), committed: z.boolean() });
const SessionList = z.object({ sessions: z.array(SourceSession) });

/** `peer.url` with or without /api/v1. */
export function createVmaClient(peer: PeerConfig): VmaClient {
  const base = peer.url.replace(/\/+$/, '');
  const vma: Peer = {
    name: 'vma',
    url: base.endsWith('/api/v1') ? base : `${base}/api/v1`,
    token: peer.token?.reveal(),
  };
  const ask = <T>(request: Omit<JsonRequest<T>, 'deadlineMs'> & { deadlineMs?: number }): Promise<T> =>
    requestJson(vma, { ...request, deadlineMs: request.deadlineMs ?? CALL_MS });
  const get = <T>(path: string, answer: z.ZodType<T>, options: CallOptions = {}): Promise<T> =>
    ask({ method: 'GET', path, answer, signal: options.signal });
  const getSession: VmaClient['getSession'] = (id, options) => get(sessionPath(id), SourceSession, options);

  return {
    getSession,
    createSession: (request, options = {}) => createPatiently(vma, request, options),
    listSessions: async (options) => (await get('/source-sessions', SessionList, options)).sessions,
    heartbeat: (id, epoch, options = {}) =>
      ask({ method: 'PUT', path: sessionPath(id), body: { epoch }, answer: SourceSession, signal: options.signal }),
    endSession: async (id, how, options = {}) => {
      const request = { method: 'DELETE', path: sessionPath(id), body: how, answer: Ended } as const;
      await ask({ ...request, deadlineMs: END_MS, signal: options.signal }).catch(exceptCode('session.unknown'));
    },
    areas: (sessionId, diskId, options = {}) =>
      checkedAreas({
        diskId,
        capacityBytes: async () => capacityOf(await getSession(sessionId, options), diskId),
        page: (cursor) => {
          const query = new URLSearchParams({ ...(cursor && { cursor }), ...(options.of && { of: options.of }) });
          const path = `${diskPath(sessionId, diskId)}/areas?${query.toString()}`;
          return ask({ method: 'GET', path, answer: AreaPage, deadlineMs: PAGE_MS, signal: options.signal });
        },
      }),
    hashes: (sessionId, diskId, { epoch, range, signal }) =>
      hashesFrom({
        peer: vma,
        path: `${diskPath(sessionId, diskId)}/hashes`,
        query: { epoch: String(epoch) },
        range,
        signal,
      }),
    folderVms: (options = {}) =>
      ask({
        method: 'GET',
        path: '/folder-vms',
        answer: FolderVmList,
        deadlineMs: INVENTORY_MS,
        signal: options.signal,
      }),
    folderVm: (name, options) => get(`/folder-vms/${encodeURIComponent(name)}`, FolderVm, options),
    ...progressCalls(vma),
    ...vcenterCalls(vma),
    ...snapshotCalls(vma),
  };
}

function progressCalls(vma: Peer): Pick<VmaClient, 'progress' | 'progressUpdate'> {
  return {
    progressUpdate: async (jobId, update) => {
      const path = `/progress/${encodeURIComponent(jobId)}/update`;
      const request = { method: 'POST', path, body: update, answer: ProgressUpdated, deadlineMs: PROGRESS_MS } as const;
      return requestJson(vma, request).then(
        () => true,
        () => false,
      );
    },
    progress: (jobId, options = {}) =>
      requestJson(vma, {
        method: 'GET',
        path: `/progress/${encodeURIComponent(jobId)}`,
        answer: Progress,
        deadlineMs: PROGRESS_MS,
        signal: options.signal,
      }),
  };
}

const sessionPath = (id: string): string => `/source-sessions/${encodeURIComponent(id)}`;
const diskPath = (id: string, diskId: string): string => `${sessionPath(id)}/disks/${encodeURIComponent(diskId)}`;

async function createPatiently(
  vma: Peer,
  body: CreateSession,
  options: CallOptions & { deadlineMs?: number },
): Promise<SourceSession> {
  const endMs = systemClock.monotonic() + (options.deadlineMs ?? CREATE_MS);
  for (;;) {
    const leftMs = endMs - systemClock.monotonic();
    try {
      return await requestJson(vma, {
        method: 'POST',
        path: '/source-sessions',
        body,
        headers: requestOf(body.job_id),
        answer: SourceSession,
        deadlineMs: Math.max(1, Math.min(CREATE_CALL_MS, Math.ceil(leftMs))),
        signal: options.signal,
      });
    } catch (thrown) {
      const isPreparing = thrown instanceof AppError && thrown.code === 'session.preparing';
      if (!isPreparing || systemClock.monotonic() >= endMs) throw passing(thrown);
    }
    await sleep(CREATE_PAUSE_MS, options.signal);
  }
}

/** The job that has the VM ends its session, or has left that to another job: soon it is free. */
function passing(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || thrown.code !== 'session.vm-busy') return thrown;
  const { kind, code, message, hint, details } = thrown;
  return new AppError(kind, [code, message], { hint, details, cause: thrown, retry: 'backoff' });
}

function capacityOf(session: SourceSession, diskId: string): number {
  const disk = session.disks.find((one) => one.disk_id === diskId);
  if (disk !== undefined) return disk.capacity_bytes;
  throw upstream('vma.bad-answer', `the session has no disk ${diskId}`, { details: { session: session.session_id } });
}

function exceptCode(code: string): (thrown: unknown) => undefined {
  return (thrown) => {
    if (thrown instanceof AppError && thrown.code === code) return undefined;
    throw thrown;
  };
}
