import { isTold, type CloudNetworkFacts, type ReadinessFacts } from './facts.ts';
import { critical, info, warning, type Finding, type Rule, type Subject } from './rule.ts';

/** Whether each network of the VM leads somewhere, and that of a test nowhere near production. */

/** The networks that it leads to, each once, with what CloudStack says of it. */
function destinations({
  facts,
  networks,
}: Subject): { id: string; name: string; network: CloudNetworkFacts | undefined }[] {
  const told = isTold(facts.cloud) ? facts.cloud.networks : [];
  const ids = new Set(networks.networks.map((network) => network.destinationNetworkId));
  return [...ids].map((id) => {
    const network = told.find((one) => one.id === id);
    const mapped = facts.mappings.find((one) => one.destinationNetworkId === id)?.destinationNetworkName;
    return { id, name: network?.name ?? mapped ?? id, network };
  });
}

function mappedOf({ facts, question, networks }: Subject): Finding[] {
  const isTest = question.type === 'test';
  const code = isTest ? 'network.test-not-mapped' : 'network.not-mapped';
  const fix = `map it: migratekit networks map VM NETWORK DESTINATION${isTest ? ' --test' : ''}`;
  const unmapped = networks.unmapped.map((name) =>
    critical(code, [`network ${name} has no ${question.type} mapping`, fix]),
  );
  if (unmapped.length > 0 || networks.networks.length > 0) return unmapped;
  if (isTest) return [critical(code, [`${facts.vm.vmName} has no test mapping, and a test needs one`, fix])];
  const said = `the source names no network of ${facts.vm.vmName}, and none is mapped`;
  return [critical(code, [said, 'discover the VM again, or map the network that it is in'])];
}

const ID = 'discover the VM again';

function adaptersOf({ facts, networks }: Subject): Finding[] {
  if (facts.vm.adapters.length === 0) {
    const said = `the source names no network adapter of ${facts.vm.vmName}: it gets one per mapping, with new addresses`;
    return [warning('network.adapters-unknown', [said, ID])];
  }
  const byDestination = Map.groupBy(networks.networks, (network) => network.destinationNetworkId);
  return [...byDestination.values()]
    .filter((group) => group.length > 1)
    .map((group) => {
      const names = group.map((network) => network.sourceNetworkName).join(', ');
      const said = `${group.length} adapters (${names}) lead to one network: CloudStack makes one adapter of them`;
      return warning('network.one-for-several', [said, 'map each to a network of its own, if the guest needs both']);
    });
}

/** States of networks in which a VM can be put into them, or that they leave by themselves when one is. */
const TAKES_VMS: ReadonlySet<string> = new Set(['Allocated', 'Setup', 'Implementing', 'Implemented']);

function thereOf(subject: Subject): Finding[] | undefined {
  if (!isTold(subject.facts.cloud)) return undefined;
  return destinations(subject).flatMap(({ id, name, network }) => {
    if (network === undefined) {
      const said = `there is no network ${name} (${id}) in the zone, or the account of the key may not use it`;
      return [
        critical('network.gone', [said, 'map the network anew: migratekit networks available lists what there is']),
      ];
    }
    if (network.state === undefined || TAKES_VMS.has(network.state)) return [];
    return [critical('network.state', [`network ${name} is ${network.state}`, 'see to it in CloudStack'])];
  });
}

const ANOTHER =
  'map it to an isolated network that no live mapping uses: migratekit networks map VM NETWORK DESTINATION --test';

/** A test VM has the name, the addresses and the services of the one in production: it must never be able to meet it. */
function isolationOf(subject: Subject): Finding[] {
  const { facts } = subject;
  return destinations(subject).flatMap(({ id, name, network }) => {
    const live = facts.networkUses.find((use) => !use.isTest && use.destinationNetworkId === id);
    if (live !== undefined) {
      const who = live.vms === 1 ? live.vmName : `${live.vmName} and ${live.vms - 1} more`;
      const said = `network ${name} is where live mappings lead (${who})`;
      return [critical('network.test-in-production', [said, ANOTHER])];
    }
    if (network === undefined) return [unknown(facts, name)];
    const vpcMate = mateInVpc(facts, network);
    if (vpcMate !== undefined) {
      const said = `network ${name} is a tier of the VPC that ${vpcMate}, where live mappings lead, is in`;
      return [critical('network.test-in-production', [said, ANOTHER])];
    }
    return openOf(network);
  });
}

function unknown({ cloud }: ReadinessFacts, name: string): Finding {
  const why = isTold(cloud) ? 'CloudStack does not show it' : cloud.unknownBecause;
  return critical('network.isolation-unknown', [
    `nobody can say whether network ${name} is isolated: ${why}`,
    'see that CloudStack answers, and that the network exists',
  ]);
}

function mateInVpc({ cloud, networkUses }: ReadinessFacts, { vpcId, id }: CloudNetworkFacts): string | undefined {
  if (vpcId === undefined || !isTold(cloud)) return undefined;
  const live = new Set(networkUses.filter((use) => !use.isTest).map((use) => use.destinationNetworkId));
  return cloud.networks.find((other) => other.id !== id && other.vpcId === vpcId && live.has(other.id))?.name;
}

/** Isolated by its type; or without a gateway, so that nothing routes out of it. */
function openOf({ name, type, gateway, vlan }: CloudNetworkFacts): Finding[] {
  if (type === 'Isolated') return [];
  if (gateway !== undefined && gateway !== '') {
    const said = `network ${name} is ${type ?? 'of a type that CloudStack does not tell'}, with gateway ${gateway}`;
    return [critical('network.test-not-isolated', [said, ANOTHER])];
  }
  if (type !== 'L2' && type !== 'Shared') {
    const said = `CloudStack does not say what kind of network ${name} is`;
    return [critical('network.test-not-isolated', [said, ANOTHER])];
  }
  if (vlan === undefined || vlan === '') return [];
  const said = `network ${name} (${type}) has no gateway, and is on VLAN ${vlan} of the hosts`;
  return [warning('network.test-vlan', [said, 'make sure that nothing of production is on this VLAN'])];
}

/** A live VM in a network that tests of other VMs use meets these tests. */
function mixedOf(subject: Subject): Finding[] {
  return destinations(subject).flatMap(({ id, name }) => {
    const test = subject.facts.networkUses.find((use) => use.isTest && use.destinationNetworkId === id);
    if (test === undefined) return [];
    const said = `network ${name} is where test mappings lead, too (${test.vmName})`;
    return [warning('network.live-with-tests', [said, 'give live and test failovers networks of their own'])];
  });
}

/** Why it is so here is said by what maps them. */
const ofType =
  (type: 'live' | 'test', judge: (subject: Subject) => readonly Finding[]): Rule['judge'] =>
  (subject) =>
    subject.question.type === type ? judge(subject) : undefined;

const ownAddresses = ({ networks }: Subject): Finding[] =>
  networks.networks.some((network) => network.macAddress !== undefined) || networks.networks.length === 0
    ? []
    : [
        info('network.new-addresses', [
          'the source tells no hardware address: the adapters get new ones',
          'a guest that binds its settings to them needs a look',
        ]),
      ];

const shared = { family: 'networks' } as const;

export const NETWORK_RULES: readonly Rule[] = [
  {
    ...shared,
    name: 'networks-mapped',
    says: 'every network of the VM is mapped',
    severity: 'critical',
    always: true,
    judge: mappedOf,
  },
  {
    ...shared,
    name: 'test-isolation',
    says: 'the test cannot meet production',
    severity: 'critical',
    always: true,
    judge: ofType('test', isolationOf),
  },
  {
    ...shared,
    name: 'networks-there',
    says: 'the networks exist and take VMs',
    severity: 'critical',
    always: false,
    judge: thereOf,
  },
  {
    ...shared,
    name: 'live-apart',
    says: 'no test leads where the VM will be',
    severity: 'warning',
    always: false,
    judge: ofType('live', mixedOf),
  },
  {
    ...shared,
    name: 'network-adapters',
    says: 'each adapter of the source gets one of its own, with its address',
    severity: 'warning',
    always: false,
    judge: (subject) => [...adaptersOf(subject), ...ownAddresses(subject)],
  },
];
