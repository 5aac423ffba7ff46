import { MINUTE, SECOND } from '../base/units.ts';

export interface NbdTimeouts {
  /** Connecting and the handshake. */
  readonly handshakeMs: number;
  /** Nothing heard while something is in flight. */
  readonly stallMs: number;
  /** The same while a FLUSH is in flight. */
  readonly flushMs: number;
  /** No connection at all: how long it is tried again before the device is given up. */
  readonly outageMs: number;
}

export interface NbdDeviceOptions {
  /** Wished for; fewer when the server advertises no MULTI_CONN, refuses the others or leaves them waiting. Default 2. */
  readonly connections?: number | undefined;
  /** We shall only read: extents are asked for, and a lost connection loses nothing. Default false. */
  readonly readOnly?: boolean | undefined;
  /** A dirty bitmap of qemu that the export must have, for `dirty`: nbd.bitmap-not-found without it. */
  readonly bitmap?: string | undefined;
  /** Requests in flight per connection. Default 16: neither qemu nor nbdkit works on more. */
  readonly depth?: number | undefined;
  /** How often one request is sent again, and whether connections are opened again at all. Default 5. */
  readonly retries?: number | undefined;
  /** Folder of the certificates for an `nbds` URI that names none. See readCredentials. */
  readonly tlsCertificates?: string | undefined;
  readonly timeouts?: Partial<NbdTimeouts> | undefined;
  /** Ends the device at once: everything in flight fails with the reason. */
  readonly signal?: AbortSignal | undefined;
  /** What messages call it; default the URI. */
  readonly name?: string | undefined;
}

export const DEFAULT_TIMEOUTS: NbdTimeouts = {
  handshakeMs: 10 * SECOND,
  stallMs: 1 * MINUTE,
  flushMs: 5 * MINUTE,
  outageMs: 1 * MINUTE,
};
export const DEFAULT_CONNECTIONS = 2;
export const DEFAULT_DEPTH = 16;
export const DEFAULT_RETRIES = 5;
