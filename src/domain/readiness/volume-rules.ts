import { disksOfPoint, type FoundVolume, type StoredFacts, type VolumeFacts } from './facts.ts';
import { critical, info, warning, type Finding, type Rule } from './rule.ts';

/** Whether the volumes are there, large enough, and in our hands. */

interface Held {
  readonly volume: VolumeFacts;
  readonly capacityBytes: number | null;
}

/** Of the committed point; a disk without a volume is for the rules of the copy. */
const held = (facts: StoredFacts): Held[] =>
  disksOfPoint(facts).flatMap(({ volume, capacityBytes }) => (volume === null ? [] : [{ volume, capacityBytes }]));

const GONE: ReadonlySet<string> = new Set(['deleted', 'failed', 'creating']);

function stateOf({ volume, capacityBytes }: Held): Finding[] {
  const { name, state, sizeBytes } = volume;
  if (GONE.has(state)) {
    return [critical('volume.state', [`volume ${name} is ${state}`, 'replicate the VM once more: it makes a new one'])];
  }
  if (capacityBytes === null || sizeBytes >= capacityBytes) return [];
  const said = `volume ${name} has ${sizeBytes} bytes, and its disk ${capacityBytes}`;
  return [critical('volume.too-small', [said, 'replicate the VM once more: it grows the volume'])];
}

/** A volume that is attached nowhere is idle: it is brought where it is needed. */
function placeOf({ volume }: Held): Finding[] {
  const { name, place, overlay } = volume;
  if (place === null) return [];
  if (place.mode !== 'oma') {
    const said = `volume ${name} belongs to VM ${place.vmId} in CloudStack`;
    return [critical('volume.elsewhere', [said, 'roll back the failover that it was made for, or clean it up'])];
  }
  if (place.cloudstackState !== 'attached') {
    const said = `an order to attach volume ${name} has no known end`;
    return [warning('volume.attaching', [said, 'the next job of the VM looks where it is'])];
  }
  if (place.linuxState === 'detected' || place.linuxState === 'waiting') return [];
  const said = `the device of volume ${name} is ${place.linuxState}: ${place.linuxReason ?? 'nobody knows why'}`;
  // What was committed above a volume is merged into it through its device.
  const isNeeded = overlay === 'sealed' || overlay === 'merging';
  return [(isNeeded ? critical : warning)('volume.no-device', [said, 'see GET /api/v1/volumes/findings'])];
}

function overlayOf({ volume }: Held): Finding[] {
  const { name, overlay } = volume;
  if (overlay === 'sealed' || overlay === 'merging') {
    const said = `what was committed above volume ${name} is not merged into it yet`;
    return [
      info('volume.not-merged', [said, 'nothing: it is merged before the failover, which takes a moment longer']),
    ];
  }
  if (overlay !== 'filling') return [];
  const said = `an unfinished cycle lies beside volume ${name}; the volume itself is the last committed point`;
  return [info('volume.unfinished-cycle', [said, 'nothing: the failover starts from the committed point'])];
}

function snapshotOf({ volume: { name, snapshotName, snapshotStatus } }: Held): Finding[] {
  const which = `snapshot ${snapshotName ?? ''} of volume ${name}`.replace('  ', ' ');
  if (snapshotStatus === 'none' || snapshotStatus === 'rollback_complete') return [];
  if (snapshotStatus === 'reverting' || snapshotStatus === 'creating') {
    const said = `${which} is ${snapshotStatus}`;
    return [critical('volume.snapshot-in-work', [said, 'clean up the failover that it is of, then try again'])];
  }
  const said = `${which} of an earlier failover is still there (${snapshotStatus})`;
  return [warning('volume.old-snapshot', [said, 'clean that failover up: migratekit rollback VM --cleanup-failed'])];
}

/** Kinds of what the looks at CloudStack find, by what they mean for a failover. */
const SEVERE: ReadonlySet<string> = new Set(['gone', 'attached-elsewhere']);

const findingOf = ({ name, kind, text }: FoundVolume): Finding =>
  (SEVERE.has(kind) ? critical : warning)(`volume.${kind}`, [
    text === '' ? `volume ${name} is found ${kind}` : text,
    'see next_step in GET /api/v1/volumes/findings',
  ]);

const each =
  (judge: (one: Held) => readonly Finding[]): Rule['judge'] =>
  ({ facts }) =>
    held(facts).flatMap(judge);

const shared = { family: 'volumes' } as const;

export const VOLUME_RULES: readonly Rule[] = [
  {
    ...shared,
    name: 'volume-state',
    says: 'every volume is there, and large enough',
    severity: 'critical',
    always: true,
    judge: each(stateOf),
  },
  {
    ...shared,
    name: 'volume-place',
    says: 'every volume is in our hands',
    severity: 'critical',
    always: true,
    judge: each(placeOf),
  },
  {
    ...shared,
    name: 'volume-overlay',
    says: 'nothing lies above the volumes',
    severity: 'info',
    always: false,
    judge: each(overlayOf),
  },
  {
    ...shared,
    name: 'volume-snapshots',
    says: 'no snapshot of an earlier failover is left',
    severity: 'critical',
    always: true,
    judge: each(snapshotOf),
  },
  {
    ...shared,
    name: 'volume-findings',
    says: 'our rows and CloudStack agree about the volumes',
    severity: 'critical',
    always: false,
    judge: ({ facts }) => facts.volumeFindings.map(findingOf),
  },
];
