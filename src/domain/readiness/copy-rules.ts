import { counted } from '../../base/counted.ts';
import { disksOfPoint, isUsable, pointAgeSeconds, type DiskFacts, type StoredFacts } from './facts.ts';
import { critical, info, warning, type Finding, type Rule } from './rule.ts';

/** Whether the volumes hold a state of the source that the VM can start from, and how old it is. */

const REPLICATE = 'replicate the VM once more';
/** Older than a day: nobody would call it protected. */
const OLD_SECONDS = 24 * 3600;

function copyOf(facts: StoredFacts): Finding[] {
  const disks = disksOfPoint(facts);
  if (disks.length > 0) return disks.filter((disk) => !isUsable(disk)).map(unusable);
  const said = `no disk of ${facts.vm.vmName} was ever committed`;
  return [critical('copy.none', [said, 'replicate it first'])];
}

function unusable({ diskId, volume, committedGeneration, isDirty, fullReason }: DiskFacts): Finding {
  if (volume === null) return critical('copy.no-volume', [`${diskId} has no volume in CloudStack`, REPLICATE]);
  if (committedGeneration === null) {
    return critical('copy.not-committed', [`no copy of ${diskId} was ever finished`, REPLICATE]);
  }
  if (isDirty) {
    const said = `a full copy of ${diskId} has begun to write to its volume and has not ended`;
    return critical('copy.half-written', [said, `${REPLICATE}: it goes on where it stopped`]);
  }
  const why = fullReason ?? 'somebody else may have written to it';
  return critical('copy.not-trusted', [
    `volume ${volume.name} of ${diskId} is not what was committed: ${why}`,
    REPLICATE,
  ]);
}

/** The disks that the source has, and those that the committed point has. */
function coverageOf(facts: StoredFacts): Finding[] {
  const { vm } = facts;
  const inPoint = new Set(disksOfPoint(facts).map((disk) => disk.diskId));
  const leftOut = vm.unreplicatedDisks.map((diskId) =>
    warning('copy.disk-left-out', [
      `${diskId} is not replicated, and will be missing`,
      'an independent or a raw disk cannot be replicated: copy it by other means',
    ]),
  );
  if (vm.sourceDiskIds === null || inPoint.size === 0) return leftOut;
  const source = new Set(vm.sourceDiskIds);
  const missing = vm.sourceDiskIds.filter((id) => !inPoint.has(id) && !vm.unreplicatedDisks.includes(id));
  const removed = [...inPoint].filter((id) => !source.has(id));
  return [
    ...leftOut,
    ...missing.map((id) =>
      critical('copy.disk-missing', [`the source has a disk ${id} that was never copied`, REPLICATE]),
    ),
    ...removed.map((id) =>
      warning('copy.disk-removed', [
        `${id} is in the copy, and the source has it no more`,
        `${REPLICATE} to leave it out`,
      ]),
    ),
  ];
}

function ageOf(facts: StoredFacts): Finding[] | undefined {
  const seconds = pointAgeSeconds(facts);
  if (seconds === null || seconds <= OLD_SECONDS) return seconds === null ? undefined : [];
  const hours = Math.round(seconds / 3600);
  return [
    warning('copy.old', [
      `the last committed point is ${counted(hours, 'hour')} old`,
      `${REPLICATE}, and look at its schedule`,
    ]),
  ];
}

const trackingOf = (facts: StoredFacts): Finding[] =>
  disksOfPoint(facts)
    .filter((disk) => disk.committedGeneration !== null && disk.changeId === null)
    .map(({ diskId }) =>
      info('copy.no-tracking', [
        `the source does not track changes of ${diskId}: each cycle copies all of it`,
        'a final sync takes as long as a first copy; enable change tracking to shorten it',
      ]),
    );

const doubtsOf = (facts: StoredFacts): Finding[] =>
  disksOfPoint(facts).flatMap(({ diskId, doubt }) =>
    doubt === null
      ? []
      : [
          warning('copy.doubt', [
            `${diskId} should be compared with its source: ${doubt}`,
            'the next replication does',
          ]),
        ],
  );

const always = true;
const shared = { family: 'copy' } as const;

export const COPY_RULES: readonly Rule[] = [
  {
    ...shared,
    name: 'committed-copy',
    says: 'every disk is on its volume as it was committed',
    severity: 'critical',
    always,
    judge: ({ facts }) => copyOf(facts),
  },
  {
    ...shared,
    name: 'disk-coverage',
    says: 'the copy has the disks of the source',
    severity: 'critical',
    always: false,
    judge: ({ facts }) => coverageOf(facts),
  },
  {
    ...shared,
    name: 'copy-age',
    says: 'the copy is not old',
    severity: 'warning',
    always: false,
    judge: ({ facts }) => ageOf(facts),
  },
  {
    ...shared,
    name: 'change-tracking',
    says: 'the source tracks the changes of every disk',
    severity: 'info',
    always: false,
    judge: ({ facts }) => trackingOf(facts),
  },
  {
    ...shared,
    name: 'copy-doubts',
    says: 'nothing speaks against the copy',
    severity: 'warning',
    always: false,
    judge: ({ facts }) => doubtsOf(facts),
  },
];
