import { join } from 'node:path';
import { MiB } from '../base/units.ts';
import type { Secret } from '../config/secrets.ts';
import type { VmaConfig } from '../config/config.ts';
import type { SpaceLevels } from '../domain/snapshot-space.ts';
import { FolderSource } from './folder/folder-source.ts';
import type { RunSettings } from './run-settings.ts';
import type { SessionsConfig } from './session/sessions.ts';
import type { PlaceFor } from './session/source-kind.ts';
import type { Vcenters } from './vcenter/vcenters.ts';
import { AccessSeal } from './vsphere/access-seal.ts';
import { HostBudget } from './vsphere/host-budget.ts';
import { orderStore } from './vsphere/snapshot-order.ts';
import { SnapshotRemover } from './vsphere/snapshot-remover.ts';
import { VsphereSource } from './vsphere/vsphere-source.ts';

/** The kinds of sources that a VMA has. */

export interface SourceOptions {
  /** Stays free on the file system of the state folder; default 256 MiB. */
  readonly reserveBytes?: number;
  /** How long to wait for the lock of a VM's folder; default 30 s. */
  readonly lockTimeoutMs?: number;
  /** Free space on datastores. */
  readonly spaceLevels?: SpaceLevels;
  /** How often a task of vCenter is looked at; default 1 s. */
  readonly taskPollMs?: number;
  /** How soon a removal that failed is tried again, at first; default 5 s. */
  readonly removalRetryMs?: number;
  /** How long a snapshot that was asked for may still appear; default 15 min. */
  readonly appearsWithinMs?: number;
}

const RESERVE_BYTES = 256 * MiB;

export async function openSources(parts: {
  readonly config: VmaConfig;
  readonly token: Secret;
  readonly options: SourceOptions;
  readonly vcenters: Vcenters;
  readonly placeFor: PlaceFor;
  readonly settings: Pick<RunSettings, 'spaceLevels'>;
}): Promise<SessionsConfig['kinds']> {
  const { config, options, vcenters, placeFor } = parts;
  const { hostConnections, trustInUseMap, ...server } = config.vsphere;
  const budget = new HostBudget(hostConnections);
  const pollMs = options.taskPollMs;
  const remover = new SnapshotRemover({
    store: orderStore(join(config.stateDir, 'snapshots')),
    seal: new AccessSeal(parts.token),
    vcenters,
    pollMs,
    retryFirstMs: options.removalRetryMs,
    appearsWithinMs: options.appearsWithinMs,
  });
  await remover.load();
  const settings = {
    placeFor,
    // They may be changed while this runs.
    get levels(): SpaceLevels {
      return parts.settings.spaceLevels;
    },
    trustInUseMap,
    pollMs,
  };
  return {
    folder: new FolderSource({
      folderRoot: config.folderRoot,
      indexes: join(config.stateDir, 'indexes'),
      reserveBytes: options.reserveBytes ?? RESERVE_BYTES,
      lockTimeoutMs: options.lockTimeoutMs,
      placeFor,
    }),
    vsphere: new VsphereSource({ settings, server, vcenters, remover, budget }),
  };
}
