import type { Knex } from 'knex';
import { toAppError } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { findVolume, listVolumes, type Volume } from '../cloudstack/volumes.ts';
import { inTransaction } from '../db/knex.ts';
import { configsWithVolumes, readBooks, saveLook, saveLookError } from '../db/stores/volume-finding-store.ts';
import { judgeVolumes, type VolumeFinding } from '../domain/volume-findings.ts';
import type { OpenCloud } from './cloud.ts';
import { lookAtSnapshots } from './reconcile-snapshots.ts';

/**
 * Compares our books with the volumes of every CloudStack that they name, both ways, and writes down what disagrees.
 * Changes neither, except that a volume that another VM has is not believed any more. May be done at any time, and by two at once: the later one counts.
 */

const LIST_DEADLINE_MS = 2 * MINUTE;
/** Volumes that are asked for one by one before they count as gone; the others wait for the next look. */
const ASKED_MAX = 100;

export interface ReconcileDeps {
  readonly db: Knex;
  readonly openCloud: OpenCloud;
  readonly signal: AbortSignal;
}

export interface Reconciled {
  readonly clouds: number;
  /** Clouds that could not be looked at. */
  readonly away: number;
  readonly volumes: number;
  readonly findings: readonly VolumeFinding[];
}

/** @throws what the database throws; a cloud that is away is written down. */
export async function reconcileVolumes(deps: ReconcileDeps): Promise<Reconciled> {
  const total = { clouds: 0, away: 0, volumes: 0, findings: new Array<VolumeFinding>() };
  for (const configId of await configsWithVolumes(deps.db)) {
    deps.signal.throwIfAborted();
    total.clouds += 1;
    const look = await lookAt(deps, configId);
    if (look === undefined) {
      total.away += 1;
      continue;
    }
    total.volumes += look.volumes;
    total.findings.push(...look.findings);
  }
  return total;
}

interface Look {
  readonly findings: readonly VolumeFinding[];
  readonly volumes: number;
}

/** Undefined when it could not be looked at; that is noted. */
async function lookAt({ db, openCloud, signal }: ReconcileDeps, configId: number): Promise<Look | undefined> {
  try {
    const { client } = await openCloud(configId);
    const options = { signal, timeoutMs: LIST_DEADLINE_MS };
    const volumes = (await listVolumes(client, {}, options)).filter(isThere);
    // After the cloud: a row is written once the cloud has told the id, so whatever is listed has its row by now, or
    // an operation that is under way.
    const books = await readBooks(db, configId);
    const listed = volumes.map(({ id, name, sizeBytes, vmId, pendingJobId }) => ({
      id,
      name,
      sizeBytes,
      vmId,
      isBusy: pendingJobId !== undefined,
    }));
    const isGone = async (volumeId: string): Promise<boolean> => {
      const volume = await findVolume(client, volumeId, options);
      return volume === undefined || !isThere(volume);
    };
    const findings = [
      ...(await confirmed(judgeVolumes(listed, books), isGone)),
      // Also of volumes that an operation of ours works on: it may be waiting for just such a snapshot.
      ...(await lookAtSnapshots({ db, client }, books, options)),
    ];
    await inTransaction(db, (trx) => saveLook(trx, configId, { findings, volumes: volumes.length }));
    return { findings, volumes: volumes.length };
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message: text } = toAppError(thrown);
    if (!/^(cloudstack|ossea-config|secret)\./.test(code)) throw thrown;
    await inTransaction(db, (trx) => saveLookError(trx, configId, { code, text }));
    return undefined;
  }
}

/** One that was destroyed waits for its end; somebody may still recover it. Source: Volume.State of CloudStack. */
const isThere = (volume: Volume): boolean => volume.state !== 'Destroy';

/** A volume that a list left out is gone only when the cloud says so of its own id. */
async function confirmed(
  findings: readonly VolumeFinding[],
  isGone: (volumeId: string) => Promise<boolean>,
): Promise<VolumeFinding[]> {
  const kept: VolumeFinding[] = [];
  let asked = 0;
  for (const finding of findings) {
    if (finding.kind === 'gone') {
      asked += 1;
      if (asked > ASKED_MAX || !(await isGone(finding.volumeId))) continue;
    }
    kept.push(finding);
  }
  return kept;
}
