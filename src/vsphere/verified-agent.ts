import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { SECOND } from '../base/units.ts';
import type { Trust } from './trust.ts';

type Connected = (error: Error | null, stream: Duplex) => void;

/** How long a handshake may take; a call has its own deadline besides. */
const HANDSHAKE_TIMEOUT_MS = 20 * SECOND;
/** Shorter than servers keep an idle connection: on one that they have just closed a call would be lost. */
const IDLE_TIMEOUT_MS = 5 * SECOND;
/** More than the calls that one session makes at once. */
const CONNECTIONS_MAX = 8;

/**
 * Hands out connections to one vCenter, each only after the server has proven who it is: nothing is written before.
 * Destroy it when it is no longer needed.
 */
export class VerifiedAgent extends Agent {
  readonly #trust: Trust;
  /** SHA-1 of the certificate that was proven last: AB:CD:... */
  thumbprint: string | undefined;
  /** Connections that are not proven yet. */
  readonly #pending = new Set<TLSSocket>();

  constructor(trust: Trust) {
    // A resumed session would not prove again that the server has the key of its certificate.
    super({ keepAlive: true, maxSockets: CONNECTIONS_MAX, maxCachedSessions: 0, timeout: IDLE_TIMEOUT_MS });
    this.#trust = trust;
  }

  override createConnection(options: ConnectionOptions, callback: Connected): undefined {
    const socket = connect({ ...options, ...this.#trust.tls, minVersion: 'TLSv1.2' });
    const settle = (error: Error | undefined): void => {
      if (!this.#pending.delete(socket)) return;
      clearTimeout(timer);
      if (error !== undefined) socket.destroy();
      callback(error ?? null, socket);
    };
    const timer = setTimeout(() => settle(new Error('no TLS handshake in time')), HANDSHAKE_TIMEOUT_MS);
    this.#pending.add(socket);
    socket.on('error', settle);
    socket.once('close', () => settle(new Error('the connection was closed')));
    socket.once('secureConnect', () => {
      // Asked first: getPeerX509Certificate, which the check uses, gives the certificate of a server once only.
      const { fingerprint } = socket.getPeerCertificate();
      const refusal = this.#trust.refusal(socket);
      if (refusal === undefined) this.thumbprint = fingerprint;
      settle(refusal);
    });
  }

  override destroy(): void {
    for (const socket of this.#pending) socket.destroy();
    super.destroy();
  }
}
