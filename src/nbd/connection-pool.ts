import { conflict, type AppError } from '../base/errors.ts';
import { sleep } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';
import type { ConnectionOptions, NbdConnection } from './connection.ts';
import { connectionLost, exportGone, isPassing } from './errors.ts';
import { openConnection } from './open-connection.ts';
import type { ExportInfo } from './protocol/export-info.ts';
import type { NbdTimeouts } from './device-options.ts';
import type { TlsClient } from './tls/tls-client.ts';
import type { NbdUri } from './uri.ts';

export interface PoolOptions {
  readonly uri: NbdUri;
  readonly tls: TlsClient | undefined;
  readonly device: string;
  readonly connections: number;
  readonly depth: number;
  readonly wantExtents: boolean;
  /** See NbdDeviceOptions. */
  readonly bitmap: string | undefined;
  /** Open lost connections again. */
  readonly mayReconnect: boolean;
  readonly timeouts: NbdTimeouts;
  /** A connection that had been up is gone. */
  readonly onLost: (error: AppError) => unknown;
  /** See ConnectionOptions. */
  readonly onSettled: ConnectionOptions['onSettled'];
  /** There may be room for another request. */
  readonly onRoom: () => unknown;
  /** No connection will ever come up again. */
  readonly onBroken: (error: AppError) => unknown;
}

const BACKOFF_MS = { first: 50, max: 2 * SECOND };
/** Requests that keep a near server busy. */
const LITTLE = 6;
/** A connection that lived this long had nothing to do with the one before it. */
const STABLE_MS = 10 * SECOND;

/**
 * The connections of one device. The first decides what the export is and how many may follow; the others join in the
 * background, because a server that takes one client only leaves the second waiting for ever. Whoever is lost is opened
 * again, with growing pauses, for as long as an outage may last.
 */
export class ConnectionPool {
  readonly info: ExportInfo;
  readonly #options: PoolOptions;
  /** With the time at which each came up. */
  readonly #up = new Map<NbdConnection, number>();
  readonly #stop: AbortController;
  #isStopped = false;
  /** Grows over losses that follow each other quickly, so that a server that drops everybody is not stormed. */
  #pauseMs = BACKOFF_MS.first;

  private constructor(options: PoolOptions, info: ExportInfo, stop: AbortController) {
    this.#options = options;
    this.info = info;
    this.#stop = stop;
  }

  /** Errors of the first connection: see openConnection. */
  static async open(options: PoolOptions, signal: AbortSignal | undefined): Promise<ConnectionPool> {
    const stop = new AbortController();
    const own: { pool?: ConnectionPool } = {};
    const first: NbdConnection = await ConnectionPool.#connect(options, {
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      onClosed: (error) => own.pool !== undefined && own.pool.#closed(first, error),
    });
    const pool = new ConnectionPool(options, first.info, stop);
    own.pool = pool;
    if (!first.isUsable) throw connectionLost(options.device);
    pool.#up.set(first, performance.now());
    const mayShare = first.info.canMultiConn || first.info.isReadOnly;
    const others = mayShare ? Math.max(0, options.connections - 1) : 0;
    for (let n = 0; n < others; n += 1) void pool.#join();
    return pool;
  }

  /** Connections that are up. */
  get size(): number {
    return this.#up.size;
  }

  /**
   * The first connection that has little to do, then the one with the least: few requests on one connection cost both
   * ends less than one on each. Undefined when all are full or none is up.
   */
  pick(): NbdConnection | undefined {
    let best: NbdConnection | undefined;
    for (const connection of this.#up.keys()) {
      if (!connection.isUsable || connection.inFlight >= this.#options.depth) continue;
      if (connection.inFlight < LITTLE) return connection;
      if (best === undefined || connection.inFlight < best.inFlight) best = connection;
    }
    return best;
  }

  /** Hangs up everywhere; what is in flight fails with `error`. */
  destroy(error: AppError): void {
    this.#isStopped = true;
    this.#stop.abort(error);
    for (const connection of [...this.#up.keys()]) connection.destroy(error);
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    this.#stop.abort(connectionLost(this.#options.device));
    await Promise.all([...this.#up.keys()].map((connection) => connection.close()));
  }

  static #connect(
    options: PoolOptions,
    one: { signal: AbortSignal; onClosed: (error: AppError) => unknown },
  ): Promise<NbdConnection> {
    const { uri, tls, device, wantExtents, bitmap, timeouts, onSettled } = options;
    const { handshakeMs, stallMs, flushMs } = timeouts;
    const { address, exportName } = uri;
    const limits = { handshakeMs, stallMs, flushMs };
    return openConnection({ address, exportName, tls, device, wantExtents, bitmap, onSettled, ...limits, ...one });
  }

  async #connectMore(): Promise<void> {
    const connection: NbdConnection = await ConnectionPool.#connect(this.#options, {
      signal: this.#stop.signal,
      onClosed: (error) => this.#closed(connection, error),
    });
    if (this.#isStopped || !isSameExport(connection.info, this.info)) {
      connection.destroy(connectionLost(this.#options.device));
      throw changed(this.#options.device);
    }
    this.#up.set(connection, performance.now());
    this.#options.onRoom();
  }

  /** One more connection at the start. Doing without it costs speed only, so its failure is nobody's business. */
  async #join(): Promise<void> {
    try {
      await this.#connectMore();
    } catch {
      this.#options.onRoom();
    }
  }

  #closed(connection: NbdConnection, error: AppError): void {
    const upSinceMs = this.#up.get(connection);
    this.#up.delete(connection);
    if (upSinceMs === undefined || this.#isStopped) return;
    if (performance.now() - upSinceMs > STABLE_MS) this.#pauseMs = BACKOFF_MS.first;
    this.#options.onLost(error);
    void this.#reconnect(error);
  }

  async #reconnect(lost: AppError): Promise<void> {
    const { outageMs } = this.#options.timeouts;
    const giveUpAtMs = performance.now() + (this.#options.mayReconnect ? outageMs : 0);
    let last = lost;
    while (performance.now() < giveUpAtMs) {
      try {
        await sleep(this.#pauseMs, this.#stop.signal);
        this.#pauseMs = Math.min(this.#pauseMs * 2, BACKOFF_MS.max);
        await this.#connectMore();
        return;
      } catch (error) {
        if (this.#isStopped) return;
        last = this.#afterLoss(error as AppError);
        if (!isPassing(last)) break;
      }
    }
    // The other connections carry on; their own loss brings them here too.
    if (this.#up.size === 0) this.#options.onBroken(last);
  }

  #afterLoss(error: AppError): AppError {
    return error.code === 'nbd.export-not-found' ? exportGone(this.#options.device, error) : error;
  }
}

/** What the engine has already relied on must not change with a new connection. */
function isSameExport(now: ExportInfo, before: ExportInfo): boolean {
  return (
    now.sizeBytes === before.sizeBytes &&
    now.isReadOnly === before.isReadOnly &&
    now.canFlush === before.canFlush &&
    now.canZero === before.canZero &&
    (now.contextId === undefined) === (before.contextId === undefined) &&
    now.blockSizes.minBytes === before.blockSizes.minBytes &&
    now.blockSizes.maxBytes === before.blockSizes.maxBytes
  );
}

function changed(device: string): AppError {
  return conflict('nbd.export-changed', `${device} came back as another export`, {
    hint: 'its size or its abilities differ from before; start again',
    details: { device },
  });
}
