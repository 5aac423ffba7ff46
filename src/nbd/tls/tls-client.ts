import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { AppError } from '../../base/errors.ts';
import { readCredentials } from './credentials.ts';
import { noCertificates, tlsFailed } from './errors.ts';
import type { TlsWish } from './uri-parameters.ts';
import { writeInPieces } from './write-pieces.ts';

/** One end's certificates, for all connections of a device. */
export class TlsClient {
  readonly #context: SecureContext;
  readonly #hostname: string;

  private constructor(context: SecureContext, hostname: string) {
    this.#context = context;
    this.#hostname = hostname;
  }

  /**
   * Reads the certificates, once for the life of the device. `folder`: where the wish names none.
   * Errors: nbd.tls-no-certificates, nbd.tls-certificates-unreadable.
   */
  static async load(wish: TlsWish, from: { folder: string | undefined; device: string }): Promise<TlsClient> {
    const folder = wish.certificatesPath ?? from.folder;
    if (folder === undefined) throw noCertificates(from.device);
    return new TlsClient(await readCredentials(folder), wish.hostname);
  }

  /**
   * Begins TLS on a socket that has been spoken on in the clear. The socket that is returned emits `secureConnect` once
   * the server has proven to hold a certificate of our authority for the wished name, before any of its data; nothing may
   * be written before that. It owns the other one, and fails with it.
   */
  start(socket: Socket): TLSSocket {
    const hostname = this.#hostname;
    const secure = connect({
      socket,
      secureContext: this.#context,
      // Said here too, because an environment variable can change the default.
      rejectUnauthorized: true,
      host: hostname,
      // A server name is never an address. Source: RFC 6066, 3.
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    });
    secure.disableRenegotiation();
    writeInPieces(secure);
    return secure;
  }

  /** What `secure`, or the socket below it, failed with before the connection was of use. */
  failure(secure: TLSSocket, failed: { device: string; cause: Error }): AppError {
    return tlsFailed({
      ...failed,
      hostname: this.#hostname,
      isVerified: secure.authorized,
      refusal: refusalOf(secure),
    });
  }
}

/** Node fills it in with a code, although its type says Error. */
function refusalOf(secure: TLSSocket): string | undefined {
  const refusal: unknown = secure.authorizationError;
  if (typeof refusal === 'string') return refusal;
  return refusal instanceof Error ? refusal.message : undefined;
}
