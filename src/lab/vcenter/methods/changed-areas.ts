import { needInteger, needText, refIn } from '../../../vsphere/soap/read.ts';
import { answerAreas, type AreaAnswer } from '../disks/areas.ts';
import { BLOCK_BYTES } from '../disks/tracking.ts';
import { AREA_KINDS } from '../faults.ts';
import { snapshotOf } from '../operations/snapshots.ts';
import { list, long, structure, text, type Value } from '../wire/value.ts';
import { invalidArgument, VimFault } from '../wire/vim-fault.ts';
import type { DiskRow, Tracking } from '../world.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** QueryChangedDiskAreas. Source: vSphere Web Services API, VirtualMachine; research on ESXi 7 and 8 for what it does not say. */

/** More than this no answer holds. */
const AREAS_MAX = 2_000;

interface Asked {
  readonly snapshot: string;
  readonly disk: DiskRow;
  readonly tracking: Tracking;
  readonly startOffset: number;
  readonly changeId: string;
}

async function query(call: Call): Promise<Value> {
  const asked = readAsked(call);
  const isIn = await blocksOf(call, asked);
  const question = {
    capacityBytes: asked.disk.capacityBytes,
    startOffset: asked.startOffset,
    areasMax: AREAS_MAX,
    isIn,
  };
  const answer = answerAreas(question);
  return present(spoil(call, answer));
}

function readAsked({ vcenter, args, target }: Call): Asked {
  const vm = vcenter.vm(target);
  const ref = refIn(args, 'snapshot');
  // Without one it is about now, which a VM that runs cannot tell.
  if (ref === undefined) throw invalidArgument('snapshot');
  const snapshot = snapshotOf(vm, ref.id);
  const key = needInteger(args, 'deviceKey');
  const disk = snapshot.disks.find((row) => row.key === key);
  if (disk === undefined) throw invalidArgument('deviceKey');
  const startOffset = needInteger(args, 'startOffset');
  if (startOffset < 0 || startOffset >= disk.capacityBytes) throw invalidArgument('startOffset');
  const { tracking } = disk;
  if (tracking?.isActive !== true || isDamaged(vm.disks, disk)) throw fileFault(disk);
  return { snapshot: snapshot.id, disk, tracking, startOffset, changeId: needText(args, 'changeId') };
}

/** The ctk file is one, whatever snapshot is asked about. */
const isDamaged = (live: readonly DiskRow[], disk: DiskRow): boolean =>
  disk.tracking?.isDamaged === true ||
  live.some((row) => row.backingUuid === disk.backingUuid && row.tracking?.isDamaged === true);

async function blocksOf({ vcenter }: Call, asked: Asked): Promise<(block: number) => boolean> {
  const { snapshot, disk, tracking } = asked;
  const marks = await vcenter.disks.marksOf(snapshot, disk.key);
  const written = (block: number, since: number): boolean => (marks[block] ?? 0) > since;
  // What began over snapshots leaves out what it should tell, and does not say so.
  const isTold = (block: number): boolean => !tracking.isWrong || block % 2 === 0;
  if (asked.changeId === '*') {
    const data = await vcenter.disks.dataOf(snapshot, disk);
    return (block) => (data[block] === 1 || written(block, 0)) && isTold(block);
  }
  const since = sequenceIn(asked);
  return (block) => written(block, since) && isTold(block);
}

function sequenceIn({ changeId, tracking, disk }: Asked): number {
  const slash = changeId.lastIndexOf('/');
  const sequence = Number(changeId.slice(slash + 1));
  if (slash < 1 || !/\/\d{1,15}$/.test(changeId)) throw invalidArgument('changeId');
  if (changeId.slice(0, slash) !== tracking.lineage || sequence > tracking.sequence) throw fileFault(disk);
  return sequence;
}

const fileFault = (disk: DiskRow): VimFault =>
  new VimFault('FileFault', `Error caused by file ${disk.fileName}`, { file: text(disk.fileName) });

/** By fault: what an answer must not look like; and one that it may. */
function spoil({ vcenter, method }: Call, answer: AreaAnswer): AreaAnswer {
  const [first] = answer.areas;
  if (first !== undefined && first.offset > answer.startOffset) {
    const isEmpty = vcenter.faults.take(method, ['areas-empty']) !== undefined;
    if (isEmpty) return { ...answer, length: first.offset - answer.startOffset, areas: [] };
  }
  const end = answer.startOffset + answer.length;
  switch (vcenter.faults.take(method, AREA_KINDS)?.kind) {
    case 'areas-misplaced':
      return { ...answer, startOffset: answer.startOffset + BLOCK_BYTES };
    case 'areas-overlapping':
      return { ...answer, areas: answer.areas.flatMap((area) => [area, area]) };
    case 'areas-short':
      return { ...answer, length: 0, areas: [] };
    case 'areas-outside':
      return { ...answer, areas: [{ offset: end - BLOCK_BYTES, length: 2 * BLOCK_BYTES }] };
    case undefined:
      return answer;
  }
}

const present = ({ startOffset, length, areas }: AreaAnswer): Value =>
  structure('DiskChangeInfo', {
    startOffset: long(startOffset),
    length: long(length),
    changedArea: list(
      'DiskChangeExtent',
      areas.map((area) => structure('DiskChangeExtent', { start: long(area.offset), length: long(area.length) })),
    ),
  });

export const areaMethods: Methods = { QueryChangedDiskAreas: inSession(query) };
