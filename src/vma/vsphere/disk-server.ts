import { join } from 'node:path';
import { precondition } from '../../base/errors.ts';
import { MiB, MINUTE } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import type { VcenterAccess } from '../contract.ts';
import { type ExportAt, type ExportSpec, SECRET_FD, type ServerCommand } from '../session/disk-export.ts';

/**
 * A disk of a snapshot as nbdkit serves it: with its plugin vddk, which reads through VMware's library from the ESXi host
 * or, in a lab, with its plugin file from what the simulator froze. Source: nbdkit-vddk-plugin(1), nbdkit(1).
 */

export interface DiskServerConfig {
  /** The program; one that has the plugin vddk. */
  readonly nbdkit: string;
  /** VMware's library: vmware-vix-disklib-distrib. */
  readonly vddkDir: string | undefined;
  /** In the order in which they are tried, with colons between. */
  readonly vddkTransports: string;
  /** Stands in for VDDK: holds `<snapshot>/<device key>.img`. */
  readonly frozenDir: string | undefined;
}

export interface ServedDisk {
  readonly exportName: string;
  readonly capacityBytes: number;
  readonly at: ExportAt;
  readonly key: number;
  /** Of the disk in the snapshot, not of the one that the VM writes to: `[datastore] folder/name.vmdk`. */
  readonly fileName: string;
  readonly vmRef: string;
  readonly snapshotRef: string;
}

export interface VcenterProof {
  readonly access: VcenterAccess;
  /** SHA-1 of the certificate that the vCenter was verified by. */
  readonly thumbprint: string;
}

/** Larger reads through vCenter fail for want of NFC buffers. Source: containerized-data-importer, vddk data source. */
export const REQUEST_BYTES_MAX = 2 * MiB;

/**
 * `prove` is asked before each start. The filters: clients are told of the largest read, larger ones are cut, and nobody
 * gets this disk under the name of another, whose place it may have got.
 */
export function serveSnapshotDisk(
  config: DiskServerConfig,
  disk: ServedDisk,
  prove: () => Promise<VcenterProof>,
): ExportSpec {
  const { exportName, capacityBytes, at } = disk;
  const place = 'port' in at ? ['--ipaddr', '127.0.0.1', '--port', String(at.port)] : ['--unix', at.socket];
  const filters = ['blocksize-policy', 'blocksize', 'exportname'].map((name) => `--filter=${name}`);
  const ours = ['--foreground', '--readonly', '--log=stderr', ...place, ...filters];
  const limits = [
    `blocksize-maximum=${REQUEST_BYTES_MAX}`,
    `maxdata=${REQUEST_BYTES_MAX}`,
    'exportname-strict=true',
    `exportname=${exportName}`,
  ];
  return {
    exportName,
    capacityBytes,
    at,
    command: async () => {
      const { args, secret } = await pluginFor(config, disk, prove);
      return { program: config.nbdkit, args: [...ours, ...args, ...limits], secret };
    },
    // A connection is a login at vCenter and one at the ESXi host.
    patience: { probeMs: 1 * MINUTE, readyMs: 2 * MINUTE },
    hint: 'the words of nbdkit say why: look at MIGRATEKIT_VMA_VDDK_DIR, at the rights of the account, and at port 902 of the ESXi host',
  };
}

async function pluginFor(
  config: DiskServerConfig,
  disk: ServedDisk,
  prove: () => Promise<VcenterProof>,
): Promise<Pick<ServerCommand, 'args' | 'secret'>> {
  if (config.frozenDir !== undefined) {
    return { args: ['file', `file=${join(config.frozenDir, disk.snapshotRef, `${disk.key}.img`)}`] };
  }
  if (config.vddkDir === undefined) throw notServed();
  const { access, thumbprint } = await prove();
  const { hostname, port } = addressOf(access.vcenter);
  return {
    args: [
      'vddk',
      `libdir=${config.vddkDir}`,
      `server=${hostname}`,
      ...(port === '' ? [] : [`port=${port}`]),
      `user=${access.username}`,
      `password=-${SECRET_FD}`,
      `thumbprint=${thumbprint}`,
      `vm=moref=${disk.vmRef}`,
      `snapshot=${disk.snapshotRef}`,
      `transports=${config.vddkTransports}`,
      `file=${disk.fileName}`,
    ],
    secret: new Secret(access.password),
  };
}

/** Brackets of an IPv6 address belong to the URL. */
function addressOf(vcenter: string): { hostname: string; port: string } {
  const { hostname, port } = new URL(vcenter.includes('://') ? vcenter : `https://${vcenter}`);
  return { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

export const canServe = ({ vddkDir, frozenDir }: DiskServerConfig): boolean =>
  vddkDir !== undefined || frozenDir !== undefined;

export const notServed = (): Error =>
  precondition('source.kind-unavailable', 'sources of kind vsphere are not available on this VMA', {
    hint: 'install the VDDK and set MIGRATEKIT_VMA_VDDK_DIR; or export the VM into a folder of disk images, of kind folder',
  });
