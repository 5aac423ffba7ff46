import type { AppError } from '../../base/errors.ts';
import { toAppError } from '../../base/errors.ts';
import {
  activeCredentialIds,
  saveFindings,
  saveSweepError,
  statusesOfJobs,
} from '../../db/stores/snapshot-finding-store.ts';
import { snapshotAlarms, type AlarmLimits, type SnapshotFindings } from '../../domain/snapshot-findings.ts';
import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import type { JobRun, Processor } from '../../queues/define-job.ts';
import type { SnapshotsSwept, SweepSnapshots } from '../../queues/jobs/sweep-snapshots.ts';
import type { VmaClient } from '../../vma/client.ts';
import { vcenterAccess } from '../vcenter-access.ts';
import { sweepOne } from './sweep-one.ts';

export interface SweepDeps {
  readonly db: Knex;
  readonly box: SecretBox;
  readonly vma: Pick<VmaClient, 'findSnapshots' | 'removeSnapshot'>;
  readonly installationId: string;
  readonly snapshots: AlarmLimits;
}

/**
 * Asks the VMA, vCenter by vCenter, for the snapshots of this installation, and has those removed whose job has ended. A
 * vCenter or VMA that is away is noted and looked at by the next sweep. What it does may be done twice.
 */
export function sweepSnapshotsProcessor(deps: SweepDeps): Processor<SweepSnapshots, SnapshotsSwept> {
  return async (run) => {
    const swept = { vcenters: 0, away: 0, found: 0, removing: 0, alarms: 0 };
    for (const credentialId of await activeCredentialIds(deps.db)) {
      run.signal.throwIfAborted();
      swept.vcenters += 1;
      const findings = await lookAt(deps, run, credentialId);
      if (findings === undefined) {
        swept.away += 1;
        continue;
      }
      swept.found += findings.snapshots.length;
      swept.removing += findings.snapshots.filter((snapshot) => snapshot.state === 'removing').length;
      swept.alarms += findings.alarms.length;
      for (const { code, level: severity, text } of findings.alarms) {
        run.log.warn({ alarm: code, severity, text }, 'snapshot alarm');
      }
    }
    return swept;
  };
}

/** Undefined when it could not be looked at; that is noted. */
async function lookAt(
  deps: SweepDeps,
  run: JobRun<SweepSnapshots>,
  credentialId: number,
): Promise<SnapshotFindings | undefined> {
  try {
    const access = await vcenterAccess(deps, credentialId);
    const found = await deps.vma.findSnapshots(
      { ...access, installation_id: deps.installationId },
      { signal: run.signal },
    );
    const statuses = await statusesOfJobs(
      deps.db,
      found.snapshots.map((snapshot) => snapshot.job_id),
    );
    const snapshots = await sweepOne(found.snapshots, { vma: deps.vma, access, statuses, run });
    const facts = { snapshots, consolidationNeeded: found.consolidation_needed, datastores: found.datastores };
    const alarms = snapshotAlarms(facts, deps.snapshots, Date.now());
    const findings = { vcenter_uuid: found.vcenter_uuid, snapshots, others: found.others, alarms };
    await run.fenced((trx) => saveFindings(trx, credentialId, findings));
    return findings;
  } catch (thrown) {
    run.signal.throwIfAborted();
    const error = toAppError(thrown);
    if (!isOfTheWorld(error)) throw thrown;
    run.log.info({ credentialId, code: error.code, reason: error.message }, 'vcenter could not be looked at');
    await run.fenced((trx) => saveSweepError(trx, credentialId, { code: error.code, text: error.message }));
    return undefined;
  }
}

/** Not our database, and no bug of ours. */
const isOfTheWorld = (error: AppError): boolean => /^(vsphere|vma|credential|secret)\./.test(error.code);
