import { sleep, systemClock } from '../base/clock.ts';
import { AppError, toAppError, upstream } from '../base/errors.ts';
import { HOUR, MINUTE, SECOND } from '../base/units.ts';
import type { Peer } from '../http/json-client.ts';
import { requestLines } from '../http/line-client.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import { endOf } from '../transfer/ranges.ts';
import type { HashRecord } from '../transfer/verify/hash-record.ts';
import { lineFault } from './check-lines.ts';
import { HashLine, STANDARD_BLOCK_BYTES } from './contract.ts';

export type { HashRecord };

export interface HashRange extends ByteRange {
  /** Default 1 MiB; both sides of a comparison have the same. */
  readonly blockBytes?: number | undefined;
  /** Most that the far side reads per second, holes apart; absent: no limit. */
  readonly rateBytesPerS?: number | undefined;
}

export interface HashCall {
  readonly peer: Peer;
  /** Without a query. */
  readonly path: string;
  /** Who asks: epoch, job. */
  readonly query: Readonly<Record<string, string>>;
  readonly range: HashRange;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Without any progress for so long the error of the last try is thrown; 1 min. */
  readonly outageMs?: number | undefined;
}

const OUTAGE_MS = 1 * MINUTE;
/** For a place among the streams of a daemon: others may be hashing large disks. */
const BUSY_MS = 12 * HOUR;
const PAUSE_MS = { first: 200, max: 5 * SECOND };

/**
 * The hashes of a disk at a far side, checked: in order, without gaps, complete when the iteration ends by itself. A
 * lost connection is opened again from where it was lost.
 *
 * Errors: upstream `<peer>.unreachable`, `<peer>.cut-off` (after `outageMs` without progress), `<peer>.bad-answer`,
 * `<peer>.hashes-invalid` (at once); busy `hashes.busy`; what the far side refuses with.
 */
export async function* hashesFrom(call: HashCall): AsyncGenerator<HashRecord> {
  const end = endOf(call.range);
  let position = call.range.offset;
  let lastAt = position;
  const patience = new Patience(call.outageMs ?? OUTAGE_MS);
  while (lastAt < end) {
    try {
      // The far side stands by its answer only with its last line: one that was cut off before it is asked for again.
      for await (const record of later(oneAnswer(call, position < end ? position : lastAt), position)) {
        yield record;
        lastAt = record.offset;
        position = endOf(record);
        patience.renew();
      }
      return;
    } catch (thrown) {
      call.signal?.throwIfAborted();
      await sleep(patience.pauseAfter(toAppError(thrown)), call.signal);
    }
  }
}

/** Those at `position` and after it. */
async function* later(records: AsyncIterable<HashRecord>, position: number): AsyncGenerator<HashRecord> {
  for await (const record of records) if (record.offset >= position) yield record;
}

/** The records from `position` to the end of the range, or an error. */
async function* oneAnswer(call: HashCall, position: number): AsyncGenerator<HashRecord> {
  const { peer, signal, headers } = call;
  const end = endOf(call.range);
  const asked = { offset: position, length: end - position, blockBytes: call.range.blockBytes ?? STANDARD_BLOCK_BYTES };
  const query = new URLSearchParams({
    ...call.query,
    offset: String(asked.offset),
    length: String(asked.length),
    block_bytes: String(asked.blockBytes),
    ...(call.range.rateBytesPerS === undefined ? {} : { rate_bytes_per_s: String(call.range.rateBytesPerS) }),
  });
  const request = { path: `${call.path}?${query.toString()}`, line: HashLine, signal, ...(headers && { headers }) };
  let reached: number | undefined;
  for await (const line of requestLines(peer, request)) {
    const fault = lineFault(line, asked, reached);
    if (fault !== undefined) throw invalid(peer, fault, reached ?? position);
    if (line.kind === 'end') return;
    reached = line.kind === 'begin' ? line.offset : endOf(line);
    if (line.kind !== 'begin') yield line;
  }
  throw upstream(`${peer.name}.cut-off`, `the answer of ${peer.name} ends before the hashes do`, {
    details: { peer: peer.name, path: call.path, offset: reached ?? position, end },
    hint: `did ${peer.name} stop?`,
  });
}

/** What may pass is tried again: an outage for a while, a daemon whose places are taken for hours. */
class Patience {
  readonly #outageMs: number;
  #trouble: { readonly isBusy: boolean; readonly sinceMs: number } | undefined;
  #pauses = 0;

  constructor(outageMs: number) {
    this.#outageMs = outageMs;
  }

  renew(): void {
    this.#trouble = undefined;
    this.#pauses = 0;
  }

  /** How long to wait before the next try. @throws the error, when there is none */
  pauseAfter(error: AppError): number {
    const isBusy = error.code === 'hashes.busy';
    const isFinal = error.kind !== 'upstream' || /\.(bad-answer|hashes-invalid)$/.test(error.code);
    if (isFinal && !isBusy) throw error;
    const nowMs = systemClock.monotonic();
    if (this.#trouble?.isBusy !== isBusy) this.#trouble = { isBusy, sinceMs: nowMs };
    const limitMs = isBusy ? BUSY_MS : this.#outageMs;
    if (nowMs - this.#trouble.sinceMs > limitMs) throw isBusy ? asBusy(error) : error;
    this.#pauses += 1;
    return Math.min(PAUSE_MS.first * 2 ** (this.#pauses - 1), PAUSE_MS.max);
  }
}

/** As the far side meant it: another attempt of the job costs nothing. */
function asBusy(error: AppError): AppError {
  const { code, message, hint, details } = error;
  return new AppError('busy', [code, message], { hint, details, cause: error });
}

function invalid(peer: Peer, fault: string, position: number): AppError {
  return upstream(`${peer.name}.hashes-invalid`, `the hashes of ${peer.name} cannot be believed: ${fault}`, {
    details: { peer: peer.name, offset: position },
    hint: 'are all parts of the same version?',
  });
}
