import { SECOND } from '../../base/units.ts';
import type { ExportAt, ExportSpec } from '../session/disk-export.ts';

/** A frozen image as qemu-nbd serves it. */

/** What a session tells its clients to stay below; the server takes more, for those that a dead worker left behind. */
export const CONNECTIONS_MAX = 16;
const CLIENTS_MAX = 64;
/** qemu answers larger reads with EINVAL. Source: QEMU nbd/server.c, NBD_MAX_BUFFER_SIZE. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;

export function serveImage(of: {
  readonly imagePath: string;
  readonly exportName: string;
  readonly capacityBytes: number;
  readonly at: ExportAt;
}): ExportSpec {
  const { imagePath, exportName, capacityBytes, at } = of;
  const place = 'port' in at ? ['--bind', '127.0.0.1', '--port', String(at.port)] : ['--socket', at.socket];
  const how = ['--read-only', '--persistent', '--shared', String(CLIENTS_MAX), '--format', 'raw'];
  const args = [...how, '--export-name', exportName, ...place, imagePath];
  return {
    exportName,
    capacityBytes,
    at,
    command: () => Promise.resolve({ program: 'qemu-nbd', args }),
    patience: { probeMs: 10 * SECOND, readyMs: 30 * SECOND },
    hint: `check that qemu-nbd runs on the VMA, that its socket folder exists and that ${imagePath} can be read`,
  };
}
