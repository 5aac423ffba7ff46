import { describe, expect, test } from '@jest/globals';
import type { ReadinessFacts, VmFacts, VolumeFacts } from '../../../../src/domain/readiness/facts.ts';
import { assessReadiness } from '../../../../src/domain/readiness/assess.ts';
import { RULES } from '../../../../src/domain/readiness/rules.ts';
import type { ReadinessQuestion } from '../../../../src/domain/readiness/rule.ts';
import { aDisk, aNetwork, asksLive, asksTest, aVm, aVolume, goodFacts } from '../../../support/readiness-facts.ts';

type Asked = readonly [facts: Partial<ReadinessFacts>, question?: ReadinessQuestion];

const vm = (more: Partial<VmFacts>): Partial<ReadinessFacts> => ({ vm: aVm(more) });
const disk = (more: Parameters<typeof aDisk>[0]): Partial<ReadinessFacts> => ({ disks: [aDisk(more)] });
const volume = (more: Partial<VolumeFacts>): Partial<ReadinessFacts> => disk({ volume: aVolume(more) });
const place = (more: Partial<NonNullable<VolumeFacts['place']>>) =>
  volume({
    place: { vmId: 'x', mode: 'oma', cloudstackState: 'attached', linuxState: 'detected', linuxReason: 'r', ...more },
  });
const lab = (more: Parameters<typeof aNetwork>[1]): Partial<ReadinessFacts> =>
  cloud({ networks: [aNetwork('prod'), aNetwork('lab', more)] });
const told = goodFacts().cloud;
const cloud = (more: object): Partial<ReadinessFacts> => ({ cloud: { ...told, ...more } });
const to = (...ids: string[]): Partial<ReadinessFacts> => ({
  networkUses: ids.map((id) => ({ destinationNetworkId: id, isTest: false, vms: 2, vmName: 'db01' })),
});
const networks = (destinationNetworkId: string) => [{ sourceNetworkName: 'VM Network', destinationNetworkId }];
const offering = (more: object) => cloud({ serviceOfferings: [{ id: 'o', name: 'o', customized: true, ...more }] });

const AWAY = { cloud: { unknownBecause: 'it does not answer' } };
const OLD = vm({ committedPointAt: new Date('2026-01-12T09:00:00Z') });

/** What is changed in the good facts, and the code and severity of what is found then. */
const FOUND: readonly (readonly [code: string, severity: string, ...Asked])[] = [
  ['vm.not-replicated', 'critical', vm({ status: 'discovered' })],
  ['vm.replicating', 'critical', vm({ status: 'replicating' })],
  ['vm.in-test', 'critical', vm({ status: 'failed_over_test' })],
  ['vm.failed-over', 'critical', vm({ status: 'failed_over_live' })],
  ['vm.moved', 'critical', vm({ status: 'completed' })],
  ['vm.cleanup-required', 'critical', vm({ status: 'cleanup_required' })],
  ['vm.failed', 'critical', { ...vm({ status: 'failed' }), ...disk({ isDirty: true }) }],
  ['vm.failed-with-copy', 'warning', vm({ status: 'failed' })],
  ['vm.busy', 'critical', { activeJobs: [{ jobId: 'j', operation: 'replicate', status: 'running' }] }],
  ['guest.no-drivers', 'warning', vm({ osFamily: 'windows' }), asksLive({ skipVirtio: true })],
  ['guest.not-supported', 'warning', vm({ osFamily: 'macos' })],
  ['guest.unknown', 'info', vm({ osFamily: 'unknown' })],
  ['guest.uefi', 'info', vm({ firmware: 'EFI' })],
  ['guest.uefi', 'info', vm({ firmware: 'efi', isSecureBoot: true })],
  ['copy.none', 'critical', { disks: [] }],
  ['copy.none', 'critical', disk({ commitJobId: 'job-0' })],
  ['copy.no-volume', 'critical', disk({ volume: null })],
  [
    'copy.not-committed',
    'critical',
    { ...disk({ committedGeneration: null, commitJobId: null }), ...vm({ commitJobId: null }) },
  ],
  ['copy.half-written', 'critical', disk({ isDirty: true })],
  ['copy.not-trusted', 'critical', disk({ targetGeneration: 4 })],
  ['copy.disk-left-out', 'warning', vm({ unreplicatedDisks: ['disk-2001'] })],
  ['copy.disk-missing', 'critical', vm({ sourceDiskIds: ['disk-2000', 'disk-2001'] })],
  ['copy.disk-removed', 'warning', vm({ sourceDiskIds: ['disk-2009'], unreplicatedDisks: ['disk-2009'] })],
  ['copy.old', 'warning', OLD],
  ['copy.no-tracking', 'info', disk({ changeId: null })],
  ['copy.doubt', 'warning', disk({ doubt: 'its snapshot was not quiesced' })],
  ['volume.state', 'critical', volume({ state: 'deleted' })],
  ['volume.too-small', 'critical', volume({ sizeBytes: 1 })],
  ['volume.elsewhere', 'critical', place({ mode: 'failover' })],
  ['volume.attaching', 'warning', place({ cloudstackState: 'attaching' })],
  ['volume.no-device', 'warning', place({ linuxState: 'missing' })],
  [
    'volume.no-device',
    'critical',
    volume({ ...place({ linuxState: 'refused' }).disks?.[0]?.volume, overlay: 'sealed' }),
  ],
  ['volume.not-merged', 'info', volume({ overlay: 'merging' })],
  ['volume.unfinished-cycle', 'info', volume({ overlay: 'filling' })],
  ['volume.snapshot-in-work', 'critical', volume({ snapshotStatus: 'reverting' })],
  ['volume.old-snapshot', 'warning', volume({ snapshotStatus: 'ready', snapshotName: 's' })],
  ['volume.gone', 'critical', { volumeFindings: [{ volumeId: 'v', name: 'v', kind: 'gone', text: 'it is gone' }] }],
  ['volume.other-size', 'warning', { volumeFindings: [{ volumeId: 'v', name: 'v', kind: 'other-size', text: '' }] }],
  ['network.not-mapped', 'critical', { mappings: [] }],
  ['network.not-mapped', 'critical', { mappings: [], ...vm({ adapters: [] }) }],
  ['network.test-not-mapped', 'critical', { mappings: goodFacts().mappings.slice(0, 1) }, asksTest()],
  ['network.test-not-mapped', 'critical', { mappings: [], ...vm({ adapters: [] }) }, asksTest()],
  ['network.adapters-unknown', 'warning', vm({ adapters: [] })],
  ['network.one-for-several', 'warning', vm({ adapters: [...aVm().adapters, ...aVm().adapters] })],
  ['network.new-addresses', 'info', vm({ adapters: [{ networkName: 'VM Network', macAddress: null }] })],
  ['network.gone', 'critical', {}, asksLive({ networks: networks('nowhere') })],
  ['network.state', 'critical', cloud({ networks: [aNetwork('prod', { state: 'Shutdown' })] })],
  ['network.test-in-production', 'critical', to('lab'), asksTest()],
  ['network.test-in-production', 'critical', {}, asksTest({ networks: networks('prod') })],
  [
    'network.test-in-production',
    'critical',
    cloud({ networks: [aNetwork('prod', { vpcId: 'v' }), aNetwork('lab', { vpcId: 'v' })] }),
    asksTest(),
  ],
  ['network.isolation-unknown', 'critical', AWAY, asksTest()],
  ['network.isolation-unknown', 'critical', {}, asksTest({ networks: networks('nowhere') })],
  ['network.test-not-isolated', 'critical', lab({ type: 'Shared' }), asksTest()],
  ['network.test-not-isolated', 'critical', lab({ type: undefined, gateway: undefined }), asksTest()],
  ['network.test-vlan', 'warning', lab({ type: 'L2', gateway: undefined, vlan: '17' }), asksTest()],
  ['network.live-with-tests', 'warning', {}, asksLive({ networks: networks('lab') })],
  ['target.none', 'critical', { target: null }],
  [
    'target.incomplete',
    'critical',
    { target: { configId: 1, name: 'c', zone: null, templateId: 't', serviceOfferingId: 'o', omaVmId: 'x' } },
  ],
  ['target.not-asked', 'warning', AWAY],
  ['target.template-gone', 'critical', {}, asksLive({ templateId: 'nowhere' })],
  ['target.template-not-ready', 'critical', cloud({ templates: [{ id: 't', name: 't', ready: false }] })],
  ['target.offering-gone', 'critical', {}, asksLive({ serviceOfferingId: 'nowhere' })],
  ['target.offering-small', 'warning', offering({ customized: false, cpuNumber: 1, memoryMiB: 4096 })],
  ['target.offering-small', 'warning', offering({ customized: false, cpuNumber: 8, memoryMiB: 1024 })],
  ['target.size-unknown', 'critical', vm({ cpuCount: null })],
  ['source.no-credential', 'critical', vm({ hasCredential: false })],
  ['source.folder', 'warning', vm({ isFolder: true, hasCredential: false })],
  ['source.stays-on', 'warning', {}, asksLive({ powerOffSource: false })],
  ['source.no-tools', 'warning', vm({ toolsStatus: 'toolsNotRunning' })],
  ['source.no-tools', 'warning', vm({ toolsStatus: null })],
  ['source.writes-on', 'warning', {}, asksLive({ powerOffSource: false })],
  ['source.loss', 'warning', {}, asksLive({ performFinalSync: false })],
  ['source.no-final-sync', 'info', vm({ powerState: 'poweredOff' }), asksLive({ performFinalSync: false })],
];

const assess = ([facts, question = asksLive()]: Asked) => assessReadiness(goodFacts(facts), question);

describe('the rules of readiness', () => {
  test.each(FOUND)('find %s (%s)', (code, severity, ...asked) => {
    const { ready, findings } = assess(asked);
    const found = findings.find((finding) => finding.code === code);
    expect([code, found?.severity]).toEqual([code, severity]);
    expect([found?.explanation, found?.fix, found?.doc]).toEqual([
      expect.stringMatching(/^\S.*[^.]$/),
      expect.stringMatching(/^\S.*[^.]$/),
      `docs/failover.md#${code.replace('.', '-')}`,
    ]);
    if (severity === 'critical') expect(ready).toBe(false);
  });

  test.each([
    ['live', asksLive()],
    ['test', asksTest()],
  ])('find nothing against a %s failover of a VM that is well', (_type, question) => {
    const { ready, score, findings, checks } = assess([{}, question]);
    expect({ ready, score, findings }).toEqual({ ready: true, score: 100, findings: [] });
    const skipped = checks.filter(({ status }) => status === 'skip').map(({ family }) => family);
    expect(new Set(checks.map(({ name }) => name)).size).toBe(RULES.length);
    expect(new Set(skipped)).toEqual(new Set(question.type === 'live' ? ['networks'] : ['networks', 'source']));
  });

  test('find nothing in the names of a network that is L2 without gateway and VLAN', () => {
    expect(assess([lab({ type: 'L2', gateway: undefined }), asksTest()]).findings).toEqual([]);
  });
});
