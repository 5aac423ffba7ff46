import { describe, expect, test } from '@jest/globals';
import { destroyInstance, startInstance, stopInstance } from '../../../src/cloudstack/instance-changes.ts';
import { deployInstance, type NewInstance } from '../../../src/cloudstack/instance-deployment.ts';
import { listOf, refusal, startOddCloud, type OddAnswer } from '../../support/odd-cloud.ts';

/** A cloud of VMs that are as the test wants them, whatever was ordered. */

type Row = Record<string, unknown>;

interface Vms {
  rows: Row[];
  volumes?: Row[];
  /** What an order answers and does; a job that is done at once where nothing is said. */
  order?: (command: string, time: number) => OddAnswer | undefined;
  /** What an order has for an effect. */
  effect?: (command: string, parameters: Readonly<Record<string, string>>) => void;
}

const startVms = (vms: Vms) =>
  startOddCloud(({ command, parameters }, time) => {
    if (command === 'listVirtualMachines') {
      const { id } = parameters;
      return listOf(
        command,
        'virtualmachine',
        vms.rows.filter((row) => id === undefined || row['id'] === id),
      );
    }
    if (command === 'listVolumes') return listOf(command, 'volume', vms.volumes ?? []);
    if (command === 'queryAsyncJobResult')
      return { body: { response: { jobstatus: 1, jobresult: { success: true } } } };
    vms.effect?.(command, parameters);
    return vms.order?.(command, time) ?? { body: { response: { jobid: 'j1', id: 'vm-new' } } };
  });

const wanted: NewInstance = {
  name: 'web-01-job-7',
  displayName: 'web 01',
  zoneId: 'z',
  serviceOfferingId: 'so',
  templateId: 't',
  nics: [
    { networkId: 'n1', macAddress: '02:00:00:00:00:01' },
    { networkId: 'n2', ipAddress: '10.0.0.5' },
  ],
  details: { cpuNumber: '2', memory: '4096', rootDiskController: 'sata' },
  boot: { type: 'UEFI', mode: 'SECURE' },
  rootDiskSizeGiB: 8,
};
const made = {
  id: 'vm-new',
  name: wanted.name,
  zoneid: 'z',
  serviceofferingid: 'so',
  templateid: 't',
  state: 'Stopped',
};

describe('a new VM', () => {
  test('is ordered stopped, with its cards, its details and its firmware, and tells its ids at once', async () => {
    const vms: Vms = { rows: [], effect: () => void vms.rows.push(made) };
    await using cloud = await startVms(vms);
    const submitted: unknown[] = [];

    const vm = await deployInstance(cloud.client, wanted, { onSubmitted: (ids) => void submitted.push(ids) });

    expect(vm).toMatchObject({ id: 'vm-new', state: 'Stopped' });
    expect(submitted).toEqual([{ command: 'deployVirtualMachine', jobId: 'j1', id: 'vm-new' }]);
    const order = cloud.asked.find(({ command }) => command === 'deployVirtualMachine');
    expect(order?.method).toBe('POST');
    expect(order?.parameters).toMatchObject({
      name: 'web-01-job-7',
      displayname: 'web 01',
      startvm: 'false',
      'iptonetworklist[0].networkid': 'n1',
      'iptonetworklist[0].mac': '02:00:00:00:00:01',
      'iptonetworklist[1].networkid': 'n2',
      'iptonetworklist[1].ip': '10.0.0.5',
      'details[0].cpuNumber': '2',
      'details[0].memory': '4096',
      'details[0].rootDiskController': 'sata',
      boottype: 'UEFI',
      bootmode: 'SECURE',
      rootdisksize: '8',
    });
    expect(order?.parameters).not.toHaveProperty('customid');
  });

  test('is found by its name after a lost answer, and then by the next attempt', async () => {
    const vms: Vms = {
      rows: [{ ...made, id: 'vm-other', name: `${wanted.name}-more` }],
      effect: () => void vms.rows.push(made),
      order: () => ({ status: 502, body: '<html>bad gateway</html>' }),
    };
    await using cloud = await startVms(vms);

    expect(await deployInstance(cloud.client, wanted)).toMatchObject({ id: 'vm-new' });
    expect(await deployInstance(cloud.client, wanted)).toMatchObject({ id: 'vm-new' });
    expect(cloud.times('deployVirtualMachine')).toBe(1);
  });

  test('is ordered a second time after a lost request only with an id of our own', async () => {
    const lost = (): OddAnswer => ({ status: 502, body: '<html>bad gateway</html>' });
    await using once = await startVms({ rows: [], order: lost });
    await using twice = await startVms({ rows: [], order: lost });

    await expect(deployInstance(once.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.bad-answer' });
    await expect(deployInstance(twice.client, { ...wanted, customId: 'vm-new' })).rejects.toMatchObject({
      retry: 'backoff',
    });
    expect([once.times('deployVirtualMachine'), twice.times('deployVirtualMachine')]).toEqual([1, 2]);
    expect(twice.asked.find(({ command }) => command === 'deployVirtualMachine')?.parameters['customid']).toBe(
      'vm-new',
    );
  });

  test('is found by its own id when CloudStack says that this id is taken', async () => {
    const vms: Vms = {
      rows: [],
      effect: () => void vms.rows.push({ ...made, id: 'ours' }),
      order: (command) => refusal(command, 431, "UUID: ours already exists so can't create/update with custom id"),
    };
    await using cloud = await startVms(vms);

    expect(await deployInstance(cloud.client, { ...wanted, customId: 'ours' })).toMatchObject({ id: 'ours' });
  });

  test('that failed is not taken for one: the failure of its job is what is told', async () => {
    const vms: Vms = { rows: [], effect: () => void vms.rows.push({ ...made, state: 'Error' }) };
    vms.order = (command) => refusal(command, 533, 'Unable to create a deployment');
    await using cloud = await startVms(vms);

    await expect(deployInstance(cloud.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.no-capacity' });
  });

  test('is not chosen between two, nor taken from somebody else', async () => {
    await using two = await startVms({ rows: [made, { ...made, id: 'vm-2' }] });
    await using foreign = await startVms({ rows: [{ ...made, templateid: 'another' }] });

    await expect(deployInstance(two.client, wanted)).rejects.toMatchObject({ code: 'cloudstack.instance-ambiguous' });
    await expect(deployInstance(foreign.client, wanted)).rejects.toMatchObject({
      code: 'cloudstack.instance-mismatch',
    });
    expect(two.times('deployVirtualMachine') + foreign.times('deployVirtualMachine')).toBe(0);
  });

  test.each(['', '1st', 'under_score', 'ends-', 'a'.repeat(64), 'dotted.name', 'blank name'])(
    'is not ordered under the name %j',
    async (name) => {
      await using cloud = await startVms({ rows: [] });

      await expect(deployInstance(cloud.client, { ...wanted, name })).rejects.toMatchObject({
        code: 'cloudstack.instance-name',
      });
      expect(cloud.asked).toEqual([]);
    },
  );
});

describe('power', () => {
  const vmOf = (state: string): Vms => ({ rows: [{ ...made, state }] });

  test('is switched, and what is as wanted is left alone', async () => {
    const vms = vmOf('Stopped');
    vms.effect = (command) =>
      void (vms.rows = [{ ...made, state: command.startsWith('start') ? 'Running' : 'Stopped' }]);
    await using cloud = await startVms(vms);

    expect(await startInstance(cloud.client, { vmId: 'vm-new' })).toMatchObject({ state: 'Running' });
    await startInstance(cloud.client, { vmId: 'vm-new' });
    expect(await stopInstance(cloud.client, { vmId: 'vm-new', forced: true })).toMatchObject({ state: 'Stopped' });
    await stopInstance(cloud.client, { vmId: 'vm-new' });

    expect([cloud.times('startVirtualMachine'), cloud.times('stopVirtualMachine')]).toEqual([1, 1]);
    expect(cloud.asked.find(({ command }) => command === 'stopVirtualMachine')?.parameters['forced']).toBe('true');
  });

  test('that is being switched is waited for, with and without a job to be seen', async () => {
    const vms: Vms = { rows: [{ ...made, state: 'Starting', jobid: 'j0', jobstatus: 0 }] };
    await using cloud = await startOddCloud(({ command }, time) => {
      if (command === 'queryAsyncJobResult') return { body: { response: { jobstatus: 1 } } };
      // Seen with its job, then without, then running.
      const row = [vms.rows[0], { ...made, state: 'Starting' }][time - 1] ?? { ...made, state: 'Running' };
      return listOf(command, 'virtualmachine', [row]);
    });

    expect(await startInstance(cloud.client, { vmId: 'vm-new' })).toMatchObject({ state: 'Running' });
    expect(cloud.times('startVirtualMachine')).toBe(0);
  });

  test('that stays between two states is given up, and counts as an attempt', async () => {
    await using cloud = await startVms(vmOf('Stopping'));

    await expect(stopInstance(cloud.client, { vmId: 'vm-new' }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'cloudstack.still-changing',
      retry: 'backoff',
    });
  });

  test('of a VM that does not exist is an error', async () => {
    await using cloud = await startVms({ rows: [] });

    await expect(startInstance(cloud.client, { vmId: 'vm-new' })).rejects.toMatchObject({
      code: 'cloudstack.instance-not-found',
    });
  });
});

describe('destruction', () => {
  const end = { vmId: 'vm-new', expunge: true, keepVolumeIds: ['replica'] };

  test('is ordered for good, and a VM that is gone or going is a success', async () => {
    const vms: Vms = { rows: [made], volumes: [{ id: 'root', type: 'ROOT', virtualmachineid: 'vm-new' }] };
    vms.effect = () => void (vms.rows = [{ ...made, state: 'Expunging' }]);
    await using cloud = await startVms(vms);

    await destroyInstance(cloud.client, end);
    await destroyInstance(cloud.client, end);
    vms.rows = [];
    await destroyInstance(cloud.client, end);

    expect(cloud.times('destroyVirtualMachine')).toBe(1);
    expect(cloud.asked.find(({ command }) => command === 'destroyVirtualMachine')?.parameters).toMatchObject({
      id: 'vm-new',
      expunge: 'true',
    });
  });

  test('of one that is destroyed and not yet expunged is ordered only to expunge it', async () => {
    await using cloud = await startVms({ rows: [{ ...made, state: 'Destroyed' }] });

    await destroyInstance(cloud.client, { ...end, expunge: false });
    expect(cloud.times('destroyVirtualMachine')).toBe(0);
    await expect(destroyInstance(cloud.client, end)).rejects.toMatchObject({ code: 'cloudstack.no-effect' });
    expect(cloud.times('destroyVirtualMachine')).toBe(1);
  });

  test('never takes a volume with it that must outlive the VM', async () => {
    await using cloud = await startVms({
      rows: [made],
      volumes: [{ id: 'replica', type: 'ROOT', virtualmachineid: 'vm-new', deviceid: 0 }],
    });

    await expect(destroyInstance(cloud.client, end)).rejects.toMatchObject({
      code: 'cloudstack.volume-attached',
      details: { volumeId: 'replica' },
    });
    expect(cloud.times('destroyVirtualMachine')).toBe(0);
  });
});
