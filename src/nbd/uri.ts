import { invalidUri } from './errors.ts';
import { STRING_BYTES_MAX } from './protocol/constants.ts';
import { parseTlsParameters, type TlsWish } from './tls/uri-parameters.ts';

/** Where an export is. */
export type NbdAddress =
  | { readonly transport: 'tcp'; readonly host: string; readonly port: number }
  | { readonly transport: 'unix'; readonly path: string };

export interface NbdUri {
  readonly address: NbdAddress;
  /** Empty: the server's default export. */
  readonly exportName: string;
  /** Undefined: everything goes in the clear. */
  readonly tls: TlsWish | undefined;
  /** The URI without a user, for messages. */
  readonly display: string;
}

const DEFAULT_PORT = 10_809;
/** Bytes of a Linux socket path without its final zero. Source: unix(7), sun_path. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Whether `text` looks like an NBD URI of any kind, TLS included. */
export const isNbdUri = (text: string): boolean => /^nbds?(\+[a-z]+)?:\/\//i.test(text);

/**
 * `nbd://host[:port]/export`, `nbd+unix:///export?socket=/path`, and the same with TLS by `nbds` (parameters: see
 * parseTlsParameters). Export names and socket paths are percent-decoded; the export is the path without its first slash.
 * Errors: nbd.invalid-uri (malformed, unknown parameter), nbd.tls-unsupported (TLS of a kind that we do not speak).
 * Source: NBD uri.md.
 */
export function parseNbdUri(text: string): NbdUri {
  const url = URL.parse(text);
  if (url === null) throw invalidUri(text, 'it is not a URI');
  const parameters = parseQuery(text, url.search);
  const scheme = url.protocol.slice(0, -1).toLowerCase();
  const address = parseAddress(text, { url, scheme, socket: parameters.get('socket') });
  parameters.delete('socket');
  const tls = parseTlsParameters(text, { parameters, isAskedFor: scheme.startsWith('nbds'), address });
  const [unknown] = parameters.keys();
  if (unknown !== undefined) throw invalidUri(text, `the parameter "${unknown}" is unknown`);
  const exportName = decode(text, url.pathname.replace(/^\//, ''));
  if (Buffer.byteLength(exportName) > STRING_BYTES_MAX)
    throw invalidUri(text, 'the export name is longer than 4096 bytes');
  return { address, exportName, tls, display: display(url) };
}

function parseAddress(text: string, parts: { url: URL; scheme: string; socket: string | undefined }): NbdAddress {
  const { url, scheme, socket } = parts;
  if (scheme === 'nbd+unix' || scheme === 'nbds+unix') {
    if (socket === undefined || socket === '') throw invalidUri(text, 'it names no socket (?socket=/path)');
    if (url.host !== '') throw invalidUri(text, 'a unix socket has no host: write nbd+unix:///export?socket=/path');
    if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES_MAX)
      throw invalidUri(text, 'the socket path is longer than 107 bytes');
    return { transport: 'unix', path: socket };
  }
  if (scheme !== 'nbd' && scheme !== 'nbds') throw invalidUri(text, `the scheme "${scheme}" is unknown`);
  if (socket !== undefined) throw invalidUri(text, 'a socket goes with nbd+unix://');
  const host = url.hostname === '' ? 'localhost' : url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { transport: 'tcp', host: decode(text, host), port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
}

/** Not URLSearchParams: that one reads a plus as a space, and socket paths may have a plus. */
function parseQuery(text: string, search: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of search.replace(/^\?/, '').split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const key = decode(text, at < 0 ? pair : pair.slice(0, at));
    if (parameters.has(key)) throw invalidUri(text, `the parameter "${key}" occurs twice`);
    parameters.set(key, at < 0 ? '' : decode(text, pair.slice(at + 1)));
  }
  return parameters;
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidUri(text, 'its percent-encoding is broken');
  }
}

function display(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search}`;
}
