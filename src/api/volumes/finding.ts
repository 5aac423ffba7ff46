import { conflict, notFound } from '../../base/errors.ts';
import { findVolume, type Volume } from '../../cloudstack/volumes.ts';
import type { Knex } from '../../db/knex.ts';
import { findingsAbout, type StoredFinding } from '../../db/stores/volume-finding-store.ts';
import { isConfirmed, type VolumeFindingKind } from '../../domain/volume-findings.ts';
import { askCloud, cloudOfContext } from '../cloud/account.ts';
import type { ApiContext } from '../context.ts';

/**
 * The finding about this volume that a person wants to act on.
 * @throws not-found `volume-finding.unknown`; conflict `volume-finding.not-confirmed`, `volume-finding.wrong-kind`.
 */
export async function findingOf(
  db: Knex,
  volumeId: string,
  kinds: readonly VolumeFindingKind[],
): Promise<StoredFinding> {
  const all = await findingsAbout(db, volumeId);
  if (all.length === 0) {
    throw notFound('volume-finding.unknown', `nothing is known against volume ${volumeId}`, {
      hint: 'see GET /api/v1/volumes/findings; POST /api/v1/admin/force-sync of the volume daemon looks anew',
    });
  }
  const finding = all.find((each) => kinds.includes(each.kind));
  if (finding === undefined) {
    throw conflict(
      'volume-finding.wrong-kind',
      `volume ${volumeId} is found ${all.map((each) => each.kind).join(', ')}`,
      {
        hint: 'see next_step in GET /api/v1/volumes/findings',
      },
    );
  }
  if (isConfirmed(finding)) return finding;
  throw conflict('volume-finding.not-confirmed', `volume ${volumeId} was seen so only once`, {
    hint: 'wait for the next look, or have it done: POST /api/v1/admin/force-sync of the volume daemon',
  });
}

/** The volume as its cloud says now; undefined when there is none. @throws what cloudOfContext and askCloud throw */
export async function lookAtVolume(
  { db, box }: Pick<ApiContext, 'db' | 'box'>,
  finding: StoredFinding,
): Promise<Volume | undefined> {
  const account = await cloudOfContext({ db, box }, finding.configId);
  const volume = await askCloud(account, (client, options) => findVolume(client, finding.volumeId, options));
  // Destroyed: it waits for its end.
  return volume?.state === 'Destroy' ? undefined : volume;
}

/**
 * Detached, and under the name that it was found by: nobody works with it.
 * @throws conflict `volume.attached`, `volume.renamed`, `volume.in-work`
 */
export function assertFree(volume: Volume, finding: StoredFinding): void {
  const details = { volumeId: volume.id, vmId: volume.vmId ?? null, name: volume.name };
  if (volume.vmId !== undefined) {
    throw conflict('volume.attached', `volume ${volume.name} is attached to VM ${volume.vmName ?? volume.vmId}`, {
      details,
      hint: 'find out who needs it; detach it in cloudstack first',
    });
  }
  if (volume.name !== finding.name) {
    throw conflict('volume.renamed', `volume ${volume.id} is named ${volume.name} by now`, {
      details,
      hint: 'somebody works with it; the next look finds it anew, if at all',
    });
  }
  if (volume.pendingJobId !== undefined) {
    throw conflict('volume.in-work', `cloudstack works on volume ${volume.name}`, { details, hint: 'try again later' });
  }
}
