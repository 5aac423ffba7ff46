import type { ContextStatus } from '../context-status.ts';
import { disksOfPoint, isUsable, type StoredFacts } from './facts.ts';
import { critical, info, warning, type Finding, type Rule } from './rule.ts';

/** Whether the state of the VM lets it be failed over, and whether somebody else works on it. */

type Sentences = readonly [explanation: string, fix: string];

const FORBIDS: Readonly<Partial<Record<ContextStatus, readonly [code: string, ...Sentences]>>> = {
  discovered: ['vm.not-replicated', 'was never replicated', 'replicate it first: migratekit replicate'],
  failed_over_test: [
    'vm.in-test',
    'is in a test failover, which has its volumes',
    'end the test first: DELETE /api/v1/failover/test/{job_id}, or migratekit rollback',
  ],
  failed_over_live: [
    'vm.failed-over',
    'runs in CloudStack already',
    'commit that failover, or roll it back: migratekit commit, migratekit rollback',
  ],
  completed: ['vm.moved', 'has been moved, and its protection has ended', 'nothing is left to do'],
  cleanup_required: [
    'vm.cleanup-required',
    'has something left over from an operation that failed',
    'clean it up first: migratekit rollback VM --cleanup-failed; the failover names what remains',
  ],
};

/** A VM whose last replication failed is fit while all of its disks hold the point that was committed before. */
function statusOf(facts: StoredFacts): Finding[] {
  const { vmName, status } = facts.vm;
  const forbidden = FORBIDS[status];
  if (forbidden !== undefined) {
    const [code, explanation, fix] = forbidden;
    return [critical(code, [`${vmName} ${explanation}`, fix])];
  }
  if (status === 'replicating') {
    return [critical('vm.replicating', [`${vmName} is being replicated`, 'wait for its end, or cancel it'])];
  }
  if (status !== 'failed') return [];
  const points = disksOfPoint(facts);
  if (points.length === 0 || !points.every(isUsable)) {
    return [
      critical('vm.failed', [
        `the last operation of ${vmName} failed, and left no copy that can be used`,
        'last_operation_summary of the VM says why; then replicate it again',
      ]),
    ];
  }
  const said = `the last operation of ${vmName} failed; the copy that was committed before it is whole`;
  return [warning('vm.failed-with-copy', [said, 'replicate it once more, unless its source is gone'])];
}

export const VM_RULES: readonly Rule[] = [
  {
    name: 'vm-status',
    family: 'vm',
    says: 'the state of the VM lets it be failed over',
    severity: 'critical',
    always: true,
    judge: ({ facts }) => statusOf(facts),
  },
  {
    name: 'active-jobs',
    family: 'jobs',
    says: 'no other job works on the VM',
    severity: 'critical',
    always: true,
    judge: ({ facts }) =>
      facts.activeJobs.map(({ jobId, operation, status }) =>
        critical('vm.busy', [
          `job ${jobId} (${operation}) of ${facts.vm.vmName} is ${status}`,
          'wait for its end, or cancel it',
        ]),
      ),
  },
  {
    name: 'guest-system',
    family: 'vm',
    says: 'the guest system is one that starts in CloudStack',
    severity: 'warning',
    always: false,
    judge: ({ facts, question }) => [...guestOf(facts, question.skipVirtio), ...firmwareOf(facts)],
  },
];

function guestOf({ vm }: StoredFacts, skipVirtio: boolean): Finding[] {
  if (vm.osFamily === 'windows' && skipVirtio) {
    const said = `${vm.vmName} runs Windows, and gets no VirtIO drivers (skip_virtio)`;
    return [warning('guest.no-drivers', [said, 'leave skip_virtio out, unless the drivers are in the guest already'])];
  }
  if (vm.osFamily === 'macos') {
    const said = `${vm.vmName} runs macOS, which KVM hosts do not start`;
    return [warning('guest.not-supported', [said, 'test it before you rely on it'])];
  }
  if (vm.osFamily === 'unknown') {
    const said = `the guest system of ${vm.vmName} is not known`;
    return [info('guest.unknown', [said, 'discover the VM again; a test failover shows whether it starts'])];
  }
  return [];
}

function firmwareOf({ vm }: StoredFacts): Finding[] {
  if (vm.firmware?.toLowerCase() !== 'efi') return [];
  const how = vm.isSecureBoot ? 'UEFI with secure boot' : 'UEFI';
  const said = `${vm.vmName} starts by ${how}: it needs a host of CloudStack that offers it`;
  return [info('guest.uefi', [said, 'a test failover shows whether there is one'])];
}
