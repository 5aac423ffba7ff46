import { sleep } from '../base/clock.ts';
import { AppError, cancelled } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { GiB, KiB, SECOND } from '../base/units.ts';
import type { BlockDevice, BlockFeatures, BlockLimits, ByteRange, Extent } from '../transfer/block-device.ts';
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import {
  DEFAULT_CONNECTIONS,
  DEFAULT_DEPTH,
  DEFAULT_RETRIES,
  DEFAULT_TIMEOUTS,
  type NbdDeviceOptions,
} from './device-options.ts';
import { inRequest, isConnectionLost, isUnsupported, mayRepeat } from './errors.ts';
import { COMMAND } from './protocol/constants.ts';
import type { ExportInfo } from './protocol/export-info.ts';
import { NbdRequest, type Asked } from './request.ts';
import { dirtyRanges, statusExtents, statusRange, type DirtyRanges } from './status-extents.ts';
import type { TlsClient } from './tls/tls-client.ts';
import { parseNbdUri, type NbdUri } from './uri.ts';

/** Lengths of zeroing and of block status may pass the largest payload, but not 32 bits. */
const EFFECT_BYTES_MAX = 2 * GiB;
const ZERO_PIECE: Buffer = Buffer.alloc(512 * KiB);
const REPEAT_MS = { first: 100, max: 5 * SECOND };

/**
 * Opens an export as a block device on up to `connections` connections. `uri`: see parseNbdUri. The caller closes it.
 * Errors: those of parseNbdUri and openConnection, nbd.tls-no-certificates, nbd.tls-certificates-unreadable.
 */
export async function openNbdDevice(uri: string, options: NbdDeviceOptions = {}): Promise<NbdDevice> {
  return NbdDevice.open(uri, options);
}

/**
 * A disk behind an NBD server. Requests go to the connection with the least to do; those of a lost connection go to
 * another one or wait for its return; after I/O errors they are repeated with growing pauses, `retries` times, unless
 * they only ask what reads zero: a copy reads what nobody can tell.
 *
 * Errors: nbd.io-error, nbd.out-of-memory (after the retries); nbd.not-permitted, nbd.no-space, nbd.invalid-request,
 * nbd.not-supported (at once); nbd.connection-lost, nbd.stalled, nbd.protocol, nbd.shutting-down (after the retries or the
 * outage); nbd.export-changed; or the reason of the signal.
 */
export class NbdDevice implements BlockDevice {
  readonly name: string;
  /** What it was opened with; opens it again. */
  readonly uri: string;
  readonly sizeBytes: number;
  readonly limits: BlockLimits;
  readonly features: BlockFeatures;
  readonly #pool: ConnectionPool;
  readonly #retriesMax: number;
  readonly #queue: NbdRequest[] = [];
  /** Aborted when the device is closed or broken. */
  readonly #over = new AbortController();
  #broken: AppError | undefined;
  #restarts = 0;
  #retries = 0;
  readonly #forget: () => void;

  private constructor(pool: ConnectionPool, uri: string, options: NbdDeviceOptions & { readonly name: string }) {
    const { info } = pool;
    this.#pool = pool;
    this.#retriesMax = options.retries ?? DEFAULT_RETRIES;
    this.name = options.name;
    this.uri = uri;
    this.sizeBytes = info.sizeBytes;
    this.limits = info.blockSizes;
    this.features = featuresOf(info, options);
    const onAbort = (): void => this.#break(abortError(options.signal));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    this.#forget = () => options.signal?.removeEventListener('abort', onAbort);
  }

  static async open(text: string, options: NbdDeviceOptions): Promise<NbdDevice> {
    const uri = parseNbdUri(text);
    const name = options.name ?? uri.display;
    const own: { device?: NbdDevice } = {};
    const poolOptions: PoolOptions = {
      uri,
      tls: await loadTls(uri, { folder: options.tlsCertificates, device: name }),
      device: name,
      connections: options.connections ?? DEFAULT_CONNECTIONS,
      depth: options.depth ?? DEFAULT_DEPTH,
      wantExtents: options.readOnly ?? false,
      bitmap: options.bitmap,
      mayReconnect: (options.retries ?? DEFAULT_RETRIES) > 0,
      timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
      onSettled: (request, error) => own.device !== undefined && own.device.#settled(request, error),
      onLost: () => own.device !== undefined && own.device.#lost(),
      onRoom: () => own.device !== undefined && own.device.#dispatch(),
      onBroken: (error) => own.device !== undefined && own.device.#break(error),
    };
    const pool = await ConnectionPool.open(poolOptions, options.signal);
    const device = new NbdDevice(pool, text, { ...options, name });
    own.device = device;
    if (options.signal?.aborted === true) device.#break(abortError(options.signal));
    return device;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get retries(): number {
    return this.#retries;
  }

  /** Connections that are up now. */
  get connections(): number {
    return this.#pool.size;
  }

  read(offset: number, into: Buffer): Promise<void> {
    this.#check(offset, into.length, this.limits.maxBytes);
    return this.#submit({ command: COMMAND.READ, offset, length: into.length, into }).settled;
  }

  write(offset: number, from: Buffer): Promise<void> {
    this.#check(offset, from.length, this.limits.maxBytes);
    return this.#submit({ command: COMMAND.WRITE, offset, length: from.length, from }).settled;
  }

  async zero(offset: number, length: number): Promise<void> {
    this.#check(offset, length, this.sizeBytes);
    for (let at = offset; at < offset + length; at += EFFECT_BYTES_MAX) {
      await this.#zeroPiece(at, Math.min(EFFECT_BYTES_MAX, offset + length - at));
    }
  }

  async flush(): Promise<void> {
    // One FLUSH covers every connection: there are several writers only where the server advertises MULTI_CONN.
    // Never sent again: a second one may succeed after the first has lost the data.
    if (this.features.canFlush)
      await this.#submit({ command: COMMAND.FLUSH, offset: 0, length: 0, mayRetry: false }).settled;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    this.#check(offset, length, this.sizeBytes);
    if (!this.features.canExtents) return [{ offset, length, kind: 'data' }];
    const { asked, request } = await this.#status(offset, length, { isHint: true });
    invariant(request.allocation !== undefined, 'a block status without an error has an answer');
    return statusExtents(request.allocation, asked, { offset, length });
  }

  /** What the bitmap says about [offset, endBytes), where endBytes may be short of the end that was asked for. */
  async dirty(offset: number, length: number): Promise<DirtyRanges> {
    this.#check(offset, length, this.sizeBytes);
    const { asked, request } = await this.#status(offset, length, { isHint: false });
    invariant(request.dirty !== undefined, 'only a device with a bitmap is asked what is dirty');
    return dirtyRanges(request.dirty, asked, { offset, length });
  }

  async close(): Promise<void> {
    this.#forget();
    const closed = cancelled('nbd.closed', `${this.name} was closed`);
    this.#broken ??= closed;
    this.#over.abort();
    for (const request of this.#queue.splice(0)) request.reject(this.#broken);
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #check(offset: number, length: number, lengthMax: number): void {
    invariant(length > 0 && length <= lengthMax, 'a request has a length that the server accepts');
    invariant(offset >= 0 && offset + length <= this.sizeBytes, 'a request lies inside the disk');
  }

  async #zeroPiece(offset: number, length: number): Promise<void> {
    if (this.features.canZero) {
      try {
        await this.#submit({ command: COMMAND.WRITE_ZEROES, offset, length }).settled;
        return;
      } catch (error) {
        if (!isUnsupported(error)) throw error;
      }
    }
    const pieceBytes = Math.min(ZERO_PIECE.length, this.limits.maxBytes);
    for (let at = offset; at < offset + length; at += pieceBytes) {
      await this.write(at, ZERO_PIECE.subarray(0, Math.min(pieceBytes, offset + length - at)));
    }
  }

  async #status(
    offset: number,
    length: number,
    { isHint }: { readonly isHint: boolean },
  ): Promise<{ asked: ByteRange; request: NbdRequest }> {
    const asked = statusRange(this, { offset, length: Math.min(length, EFFECT_BYTES_MAX) });
    const request = this.#submit({ command: COMMAND.BLOCK_STATUS, ...asked, isHint });
    await request.settled;
    return { asked, request };
  }

  #submit(asked: Asked): NbdRequest {
    const request = new NbdRequest(asked);
    if (this.#broken === undefined) {
      this.#queue.push(request);
      this.#dispatch();
    } else {
      request.reject(this.#broken);
    }
    return request;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const connection = this.#pool.pick();
      if (connection === undefined) return;
      const request = this.#queue.shift();
      if (request !== undefined) connection.start(request);
    }
  }

  #settled(request: NbdRequest, error: AppError | undefined): void {
    if (error === undefined) request.resolve();
    else this.#failed(request, error);
    this.#dispatch();
  }

  #failed(request: NbdRequest, error: AppError): void {
    const isLost = isConnectionLost(error);
    const isPassing = isLost || (mayRepeat(error) && !request.isHint);
    const mayRetry = request.mayRetry && request.attempts < this.#retriesMax && isPassing;
    if (this.#broken !== undefined || !mayRetry) {
      request.reject(inRequest(this.#broken ?? error, request));
      return;
    }
    request.attempts += 1;
    this.#retries += 1;
    if (isLost) {
      this.#queue.unshift(request);
      return;
    }
    const pauseMs = Math.min(REPEAT_MS.first * 2 ** (request.attempts - 1), REPEAT_MS.max);
    void this.#repeatAfter(pauseMs, request);
  }

  async #repeatAfter(pauseMs: number, request: NbdRequest): Promise<void> {
    // Ends early when the device does.
    await sleep(pauseMs, this.#over.signal).catch(() => undefined);
    if (this.#broken !== undefined) {
      request.reject(this.#broken);
      return;
    }
    this.#queue.unshift(request);
    this.#dispatch();
  }

  /** Called before the requests of the lost connection fail, so that their writers see the new count. */
  #lost(): void {
    if (!this.features.isReadOnly) this.#restarts += 1;
  }

  #break(error: AppError): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    this.#over.abort();
    this.#forget();
    this.#pool.destroy(error);
    for (const request of this.#queue.splice(0)) request.reject(inRequest(error, request));
  }
}

/** Who speaks in the clear does not load TLS. */
async function loadTls(uri: NbdUri, from: Parameters<typeof TlsClient.load>[1]): Promise<TlsClient | undefined> {
  if (uri.tls === undefined) return undefined;
  const { TlsClient } = await import('./tls/tls-client.ts');
  return TlsClient.load(uri.tls, from);
}

function featuresOf(info: ExportInfo, options: NbdDeviceOptions): BlockFeatures {
  return {
    isReadOnly: info.isReadOnly || options.readOnly === true,
    canZero: info.canZero,
    canFlush: info.canFlush,
    canShare: info.canMultiConn || info.isReadOnly,
    canExtents: info.hasStructured && info.contextId !== undefined,
  };
}

function abortError(signal: AbortSignal | undefined): AppError {
  const reason: unknown = signal?.reason;
  return reason instanceof AppError
    ? reason
    : cancelled('nbd.cancelled', 'the work on the disk was cancelled', { cause: reason });
}
