import { isTold, type CloudOfferingFacts } from './facts.ts';
import { critical, warning, type Finding, type Rule, type Subject } from './rule.ts';

/** Whether CloudStack can make the VM. */

const SETTINGS = 'see GET /api/v1/settings/cloudstack/validate, or migratekit cloud';

function configOf({ facts: { target }, question }: Subject): Finding[] {
  if (target === null) {
    return [
      critical('target.none', ['no CloudStack is configured for this VM', 'configure one: migratekit cloud configure']),
    ];
  }
  const needed: readonly [name: string, value: string | null][] = [
    ['zone', target.zone],
    ['template_id', question.templateId ?? target.templateId],
    ['service_offering_id', question.serviceOfferingId ?? target.serviceOfferingId],
    ['oma_vm_id', target.omaVmId],
  ];
  return needed
    .filter(([, value]) => value === null || value === '')
    .map(([name]) =>
      critical('target.incomplete', [
        `the CloudStack configuration ${target.name} has no ${name}`,
        'complete it: migratekit cloud configure',
      ]),
    );
}

function cloudOf({ facts: { cloud } }: Subject): Finding[] {
  if (isTold(cloud)) return [];
  const said = `what CloudStack has for this VM is not known: ${cloud.unknownBecause}`;
  return [warning('target.not-asked', [said, 'see that it answers: migratekit cloud test'])];
}

function templateOf({ facts, question }: Subject): Finding[] | undefined {
  const id = question.templateId ?? facts.target?.templateId ?? null;
  if (!isTold(facts.cloud) || id === null) return undefined;
  const template = facts.cloud.templates.find((one) => one.id === id);
  if (template === undefined) {
    const said = `there is no template ${id} in the zone, or the account of the key may not use it`;
    return [critical('target.template-gone', [said, SETTINGS])];
  }
  if (template.ready) return [];
  return [
    critical('target.template-not-ready', [
      `template ${template.name} is not ready in the zone`,
      'wait for its download',
    ]),
  ];
}

function offeringOf(subject: Subject): Finding[] | undefined {
  const { facts, question } = subject;
  const id = question.serviceOfferingId ?? facts.target?.serviceOfferingId ?? null;
  if (!isTold(facts.cloud) || id === null) return undefined;
  const offering = facts.cloud.serviceOfferings.find((one) => one.id === id);
  if (offering !== undefined) return sizeOf(subject, offering);
  const said = `there is no compute offering ${id} in the zone, or the account of the key may not use it`;
  return [critical('target.offering-gone', [said, SETTINGS])];
}

/** A VM that gets less than it had may not start its services; one of a fixed size gets what the offering says. */
function sizeOf({ facts: { vm } }: Subject, offering: CloudOfferingFacts): Finding[] {
  const { name, customized, cpuNumber = 0, memoryMiB = 0 } = offering;
  if (customized) {
    if (vm.cpuCount !== null && vm.memoryMb !== null) return [];
    const said = `the source does not tell the processors and the memory of ${vm.vmName}, which ${name} has to be given`;
    return [critical('target.size-unknown', [said, 'discover the VM again, or choose an offering of a fixed size'])];
  }
  if (cpuNumber >= (vm.cpuCount ?? 0) && memoryMiB >= (vm.memoryMb ?? 0)) return [];
  const said = `${vm.vmName} has ${vm.cpuCount ?? '?'} processors and ${vm.memoryMb ?? '?'} MiB, and ${name} gives ${cpuNumber} and ${memoryMiB} MiB`;
  return [warning('target.offering-small', [said, 'choose a larger offering, or one that takes any size'])];
}

const shared = { family: 'target' } as const;

export const TARGET_RULES: readonly Rule[] = [
  {
    ...shared,
    name: 'target-configuration',
    says: 'the CloudStack configuration is complete',
    severity: 'critical',
    always: true,
    judge: configOf,
  },
  {
    ...shared,
    name: 'target-answers',
    says: 'CloudStack answers',
    severity: 'warning',
    always: false,
    judge: cloudOf,
  },
  {
    ...shared,
    name: 'target-template',
    says: 'the template is there',
    severity: 'critical',
    always: false,
    judge: templateOf,
  },
  {
    ...shared,
    name: 'target-offering',
    says: 'the compute offering is there, and large enough',
    severity: 'critical',
    always: false,
    judge: offeringOf,
  },
];
