/** Why a disk is not copied by its changes only: a code to count and to match on, and a sentence for people. */
export interface Reason {
  readonly code: string;
  readonly text: string;
}

const TEXTS = {
  'cbt.not-supported': 'this VM cannot track its changes (virtual hardware older than version 7, or not supported)',
  'cbt.snapshots-forbid': 'change tracking is off, and may not be switched on while the VM has snapshots',
  'cbt.consolidation-needed': 'change tracking is off, and may not be switched on before the disks were consolidated',
  'cbt.just-enabled': 'change tracking was switched on just now and knows nothing of earlier changes',
  'cbt.no-change-id': 'vSphere gives no changeId for this disk: its changes are not tracked',
  'cbt.was-untracked': 'changes were not tracked yet at the last commit',
  'cbt.change-id-unreadable': 'a changeId has not the form <lineage>/<sequence>',
  'cbt.lineage-changed':
    'change tracking was begun anew since the last commit (switched off and on, or its file rebuilt)',
  'cbt.sequence-back': 'the changeId went back since the last commit: the VM was reverted or restored',
  'cbt.reverted': 'the VM was reverted to a snapshot since the last commit',
  'cbt.foreign-snapshot': 'the VM has a snapshot that is not of this cycle',
  'cbt.snapshot-chain-changed': 'the VM had another snapshot at the last commit, and may have been reverted to it',
  'cbt.identity-unproven': 'vSphere does not say enough to prove that this is the disk of the last commit',
  'cbt.disk-replaced': 'another disk is attached in the place of the one that was replicated',
  'cbt.disk-added': 'the disk was added to the VM since the last commit',
  'cbt.missed-commit': 'the disk was no part of the last commit of its VM',
  'cbt.capacity-grown': 'the disk was enlarged since the last commit',
  'cbt.capacity-shrunk': 'the disk is smaller than at the last commit; disks of vSphere never shrink',
  'cbt.areas-refused': 'vSphere does not tell what has changed since the last commit',
  'cbt.snapshot-gone': 'vSphere lost the disk that it was asked about, in each of several snapshots',
  'cbt.comparison-due':
    'all of the disk has not been compared for the time that is set (MIGRATEKIT_COMPARE_EVERY_DAYS)',
  'cbt.doubted': 'an earlier cycle was in doubt',
  'cbt.moved': 'the files of the disk were moved since the last commit',
  'cbt.mode-unsupported': 'the disk is independent of snapshots, or not persistent',
  'cbt.backing-unsupported': 'the disk is a physical RDM, or of a kind that has no snapshots',
  'cbt.shared': 'the disk is shared with other VMs',
  'source.other-vm': 'another VM is found in the place of the one that was replicated',
  'source.other-vcenter': 'the VM is found at another vCenter than the one it was replicated from',
} as const;

export type ReasonCode = keyof typeof TEXTS;

export function reasonOf(code: ReasonCode): Reason {
  return { code, text: TEXTS[code] };
}

/** As it is stored and shown: `sentence (code)`. */
export function describeReason(reason: Reason): string {
  return `${reason.text} (${reason.code})`;
}
