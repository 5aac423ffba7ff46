import type { NbdListener } from './storage-process.ts';

/** Port of NBD (IANA), for rows of exports that have no port because they listen on a unix socket. */
const NBD_PORT = 10_809;

export const portOf = (listener: NbdListener): number => (listener.type === 'tcp' ? listener.port : NBD_PORT);

/** The URI under which a client finds the export. Source: NetworkBlockDevice/nbd, doc/uri.md. */
export function urisOf(listener: NbdListener, exportName: string): { unix: string } | { tcp: string } {
  const name = encodeURIComponent(exportName);
  if (listener.type === 'unix') {
    const path = encodeURIComponent(listener.path).replaceAll('%2F', '/');
    return { unix: `nbd+unix:///${name}?socket=${path}` };
  }
  const host = listener.host.includes(':') ? `[${listener.host}]` : listener.host;
  return { tcp: `nbd://${host}:${listener.port}/${name}` };
}
