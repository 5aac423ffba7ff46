import { pointAgeSeconds, type VmFacts } from './facts.ts';
import { critical, info, warning, type Finding, type Rule, type Subject } from './rule.ts';

/** What a live failover means for the source VM, and for what it still writes. A test never asks it for anything. */

const isOff = (vm: VmFacts): boolean => /off$/i.test(vm.powerState ?? '');

function accessOf({ facts: { vm }, question }: Subject): Finding[] {
  if (!question.powerOffSource && !question.performFinalSync) return [];
  if (vm.isFolder || vm.hasCredential) return [];
  const said = `no account of the vCenter of ${vm.vmName} is known, and the source is to be asked`;
  const fix =
    'add one: migratekit credentials add; with the source gone, ask for neither power_off_source nor perform_final_sync';
  return [critical('source.no-credential', [said, fix])];
}

function powerOf({ facts: { vm }, question }: Subject): Finding[] {
  if (isOff(vm)) return [];
  if (vm.isFolder) {
    if (!question.powerOffSource) return [];
    const said = `${vm.vmName} comes from a folder of images: there is nothing to power off`;
    return [warning('source.folder', [said, 'see yourself that nothing writes to these images any more'])];
  }
  if (!question.powerOffSource) {
    const said = `the source of ${vm.vmName} is not powered off by us: there will be two machines of one name`;
    return [warning('source.stays-on', [said, 'power it off yourself, unless it is gone'])];
  }
  if (vm.toolsStatus !== null && /ok|old|running/i.test(vm.toolsStatus) && !/notrunning/i.test(vm.toolsStatus))
    return [];
  const said = `VMware Tools of ${vm.vmName} were not seen running: its guest may not obey a shutdown`;
  return [
    warning('source.no-tools', [
      said,
      'shutdown_policy says what follows: force switches it off, stop ends the failover',
    ]),
  ];
}

/** What is written after the committed point stays behind. */
function lossOf({ facts, question }: Subject): Finding[] {
  if (question.performFinalSync) {
    if (question.powerOffSource || isOff(facts.vm)) return [];
    const said = 'the final sync is taken while the source runs: what it writes afterwards is lost';
    return [warning('source.writes-on', [said, 'let it be powered off first: power_off_source'])];
  }
  const seconds = pointAgeSeconds(facts);
  if (seconds === null) return [];
  const said = `without a final sync the VM starts from the committed point, ${seconds} s ago`;
  if (isOff(facts.vm)) return [info('source.no-final-sync', [said, 'a final sync loses nothing'])];
  return [
    warning('source.loss', [
      `${said}: what was written since is lost`,
      'ask for perform_final_sync, unless the source is gone',
    ]),
  ];
}

const ofLive =
  (judge: (subject: Subject) => readonly Finding[]): Rule['judge'] =>
  (subject) =>
    subject.question.type === 'live' ? judge(subject) : undefined;

const shared = { family: 'source', always: false } as const;

export const SOURCE_RULES: readonly Rule[] = [
  {
    ...shared,
    name: 'source-access',
    says: 'the source can be asked for what is to be done there',
    severity: 'critical',
    judge: ofLive(accessOf),
  },
  {
    ...shared,
    name: 'source-power',
    says: 'the source will be off',
    severity: 'warning',
    judge: ofLive(powerOf),
  },
  {
    ...shared,
    name: 'data-loss',
    says: 'nothing that was written is lost',
    severity: 'warning',
    judge: ofLive(lossOf),
  },
];
