import { precondition, upstream } from '../../base/errors.ts';
import { formatBytes, GiB } from '../../base/units.ts';
import { loadVmCommit } from '../../db/stores/cycle-commit.ts';
import { loadCycleVm, type CycleDisk } from '../../db/stores/cycle-store.ts';
import { comparedWhenDue } from '../../domain/cbt/comparison.ts';
import type { Target } from '../../domain/cbt/judge-disk.ts';
import { assertReplicable, judgeVm } from '../../domain/cbt/judge-vm.ts';
import type { VmAtSnapshot } from '../../domain/cbt/source-state.ts';
import { fallBack, type CopyVerdict } from '../../domain/cbt/verdict.ts';
import type { SessionDisk, SourceSession } from '../../vma/contract.ts';
import type { Replication } from './context.ts';
import { folderVerdict, type DiskPair } from './folder-verdict.ts';
import type { Volumes } from './outputs.ts';
import { vmAtSnapshot } from './snapshot-facts.ts';

/** A disk of the session, what the ledger knows of it, and how it is brought up to the snapshot. */
export interface DiskPlan extends DiskPair {
  readonly verdict: CopyVerdict;
}

export interface CyclePlan {
  /** By disk id. */
  readonly disks: ReadonlyMap<string, DiskPlan>;
  /** What vSphere says of the VM; undefined for a source of another kind. */
  readonly found: VmAtSnapshot | undefined;
}

/**
 * How each disk is copied, before anything is written: a VM is replicated with all of its disks or not at all.
 * @throws precondition with the code of a refusal: see assertReplicable; replication.target-too-small; upstream
 * vma.bad-answer
 */
export async function planCycle(
  context: Replication,
  of: { readonly session: SourceSession; readonly volumes: Volumes },
): Promise<CyclePlan> {
  const { run, deps } = context;
  const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
  const pairs = pairUp(of.session, of.volumes, vm?.disks ?? []);
  const isVsphere = of.session.kind === 'vsphere';
  const found = isVsphere ? vmAtSnapshot(of.session) : undefined;
  const verdictOf = found === undefined ? ofFolder(context) : await ofVsphere(context, { found, pairs });
  for (const pair of pairs) refuseSmall(pair);
  const disks = pairs.map(({ disk, source }): [string, DiskPlan] => {
    const judged = verdictOf({ disk, source });
    const due = canCompare(context) ? comparedWhenDue(judged, disk, deps.compareEveryDays) : judged;
    return [disk.diskId, { disk, source, verdict: feasible(context, due) }];
  });
  return { disks: new Map(disks), found };
}

type VerdictOf = (pair: DiskPair) => CopyVerdict;

const ofFolder = (context: Replication): VerdictOf => {
  const { forceFull } = context.run.payload;
  return (pair) => folderVerdict(pair, { forceFull, mayCompare: canCompare(context) });
};

async function ofVsphere(
  { run, deps }: Replication,
  vm: { readonly found: VmAtSnapshot; readonly pairs: readonly DiskPair[] },
): Promise<VerdictOf> {
  const known = await loadVmCommit(deps.db, run.payload.contextId);
  const keyOf = (source: SessionDisk): number => source.facts?.key ?? -1;
  const targets = vm.pairs.map(({ disk, source }): [number, Target] => [
    keyOf(source),
    { generation: disk.targetGeneration, isEmpty: disk.volume?.exported !== true, fullReason: disk.fullReason },
  ]);
  const { forceFull } = run.payload;
  const judged = judgeVm(known?.commit, vm.found, { targets: new Map(targets), forceFull });
  assertReplicable(judged);
  const verdicts = new Map(judged.disks.map(({ key, verdict }) => [key, verdict]));
  return ({ source }) => {
    const verdict = verdicts.get(keyOf(source));
    if (verdict !== undefined && verdict.mode !== 'refused') return verdict;
    throw upstream('vma.bad-answer', `vSphere says nothing of disk ${source.disk_id}`);
  };
}

/** Verification proves what was copied, and would say nothing of what was found to be equal. */
function canCompare({ run, deps }: Replication): boolean {
  return deps.fullResyncByHash && (run.payload.verify ?? deps.verify) === 'off';
}

/** The verdict, or what comes after it where nothing is to be compared by hash. */
export function feasible(context: Replication, verdict: CopyVerdict): CopyVerdict {
  if (verdict.mode !== 'compare' || canCompare(context)) return verdict;
  return fallBack(verdict, verdict.reason) ?? verdict;
}

/** The disks of the session, of the volumes and of the ledger, which have to be the same ones. */
function pairUp(session: SourceSession, volumes: Volumes, disks: readonly CycleDisk[]): DiskPair[] {
  const pairs = volumes.flatMap((volume) => {
    const source = session.disks.find((each) => each.disk_id === volume.diskId);
    const disk = disks.find((each) => each.vmDiskId === volume.vmDiskId);
    return source === undefined || disk === undefined ? [] : [{ disk, source }];
  });
  if (pairs.length === volumes.length && pairs.length === session.disks.length) return pairs;
  throw upstream('vma.bad-answer', 'the session has not the disks that it was asked for', {
    details: { asked: volumes.map(({ diskId }) => diskId), found: session.disks.map(({ disk_id: id }) => id) },
  });
}

/** Before anything is marked: what the cloud says of the volume; what was opened is looked at again. */
function refuseSmall({ disk, source }: DiskPair): void {
  if (disk.volume === null || disk.volume.sizeGb * GiB >= source.capacity_bytes) return;
  throw precondition(
    'replication.target-too-small',
    `volume ${disk.volume.volumeId} has ${disk.volume.sizeGb} GiB, disk ${disk.diskId} has ${formatBytes(source.capacity_bytes)}`,
    {
      details: { diskId: disk.diskId },
      hint: 'resize the volume in CloudStack to at least the size of the disk, then start again',
    },
  );
}
