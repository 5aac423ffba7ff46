import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { VcenterAccess } from '../../../src/vma/contract.ts';
import { envelope, type OddVcenter, type Oddity } from '../../support/odd-vcenter.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';
import { TOKEN, until, type VmaStand, vmaStand } from '../../support/vma-stand.ts';
import { accessOf, refuse, watch } from '../../support/watched-vcenter.ts';

const VM = '/DC0/vm/DC0_H0_VM1';

let vcsim: Vcsim;
let watched: OddVcenter;
let stand: VmaStand;
let access: VcenterAccess;
let oddity: Oddity = () => false;
beforeAll(async () => {
  [vcsim, stand] = await Promise.all([Vcsim.start({ password: 'password' }), vmaStand({ powerPollMs: 10 })]);
  watched = await watch(vcsim, (...asked) => oddity(...asked));
  access = { ...accessOf(vcsim), vcenter: accessOf(watched).vcenter, thumbprint: watched.thumbprint };
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  await stand.close();
  await watched[Symbol.asyncDispose]();
  await vcsim[Symbol.asyncDispose]();
});
afterEach(async () => {
  oddity = () => false;
  await stand.client.powerOn(VM, access);
  watched.methods.length = 0;
});

const stateNow = async (): Promise<string | null> => (await stand.client.powerState(VM, access)).power_state;

/** Asked to shut down, it says yes and goes on. */
const ignoring: Oddity = (method, _body, response) => {
  if (method !== 'ShutdownGuest') return false;
  response.end(envelope('<ShutdownGuestResponse xmlns="urn:vim25"/>'));
  return true;
};
const withoutTools: Oddity = (method, _body, response) =>
  method === 'ShutdownGuest' && refuse(response, 'ToolsUnavailable');

describe('power off', () => {
  test('asks the guest, and says so', async () => {
    await expect(stand.client.powerOff(VM, { ...access })).resolves.toMatchObject({
      success: true,
      vm_id: VM,
      vm_name: 'DC0_H0_VM1',
      operation: 'power-off',
      previous_state: 'poweredOn',
      new_state: 'poweredOff',
      shutdown_method: 'graceful',
      duration_seconds: expect.any(Number),
      timestamp: expect.stringMatching(/Z$/),
    });
    expect(watched.methods).not.toContain('PowerOffVM_Task');
  });

  test('of one that is off is done', async () => {
    await stand.client.powerOff(VM, { ...access });
    watched.methods.length = 0;

    await expect(stand.client.powerOff(VM, { ...access, force: true })).resolves.toMatchObject({
      success: true,
      previous_state: 'poweredOff',
      shutdown_method: null,
    });
    expect(watched.methods).not.toContain('ShutdownGuest');
  });

  test('of a guest that ignores it ends with the time that it was given', async () => {
    oddity = ignoring;

    await expect(stand.client.powerOff(VM, { ...access, timeout: 0.3 })).rejects.toMatchObject({
      code: 'power.guest-ignores',
      kind: 'conflict',
      hint: expect.stringContaining('force'),
    });
    await expect(stateNow()).resolves.toBe('poweredOn');
  });

  test('of a guest that ignores it is forced after that time, where that is allowed', async () => {
    oddity = ignoring;

    await expect(stand.client.powerOff(VM, { ...access, timeout: 0.3, force: true })).resolves.toMatchObject({
      shutdown_method: 'forced',
      new_state: 'poweredOff',
    });
    expect(watched.methods.filter((method) => /ShutdownGuest|PowerOff/.test(method))).toEqual([
      'ShutdownGuest',
      'PowerOffVM_Task',
    ]);
  });

  test('of a guest without tools is refused, or forced at once', async () => {
    oddity = withoutTools;
    await expect(stand.client.powerOff(VM, { ...access })).rejects.toMatchObject({
      code: 'vsphere.tools-unavailable',
      kind: 'precondition',
    });
    await expect(stateNow()).resolves.toBe('poweredOn');

    await expect(stand.client.powerOff(VM, { ...access, force: true })).resolves.toMatchObject({
      shutdown_method: 'forced',
      new_state: 'poweredOff',
    });
  });

  test.each([{ timeout: 0 }, { wait_for_shutdown: false }])(
    'with force and %p does not ask the guest',
    async (changes) => {
      await expect(stand.client.powerOff(VM, { ...access, force: true, ...changes })).resolves.toMatchObject({
        shutdown_method: 'forced',
        new_state: 'poweredOff',
      });
      expect(watched.methods).not.toContain('ShutdownGuest');
    },
  );

  test('need not wait for the guest', async () => {
    oddity = ignoring;

    await expect(stand.client.powerOff(VM, { ...access, wait_for_shutdown: false })).resolves.toMatchObject({
      success: true,
      new_state: 'poweredOn',
      shutdown_method: 'graceful',
    });
  });

  test('goes on when its client goes away, is shown, and is not begun a second time', async () => {
    oddity = ignoring;
    const abort = new AbortController();
    const leaving = stand.client.powerOff(VM, { ...access, timeout: 1.5, force: true }, { signal: abort.signal });
    await until(async () => (await stand.client.powerState(VM, access)).operation?.operation === 'power-off');
    abort.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');

    await expect(stand.client.powerOn(VM, { ...access })).rejects.toMatchObject({ code: 'power.other-operation' });
    await expect(stand.client.powerOff(VM, { ...access, timeout: 7 })).rejects.toMatchObject({
      code: 'power.other-operation',
      hint: expect.stringContaining('1.5'),
    });
    // The same again waits for the same.
    await expect(stand.client.powerOff(VM, { ...access, timeout: 1.5, force: true })).resolves.toMatchObject({
      shutdown_method: 'forced',
      new_state: 'poweredOff',
    });
    expect(watched.methods.filter((method) => method === 'ShutdownGuest')).toHaveLength(1);
    await expect(stand.client.powerState(VM, access)).resolves.toMatchObject({ operation: null });
  });

  test('asked for again with its id gives its outcome, also that of a failure', async () => {
    oddity = ignoring;
    const request = { ...access, timeout: 0.2, operation_id: 'one' };
    await expect(stand.client.powerOff(VM, request)).rejects.toMatchObject({ code: 'power.guest-ignores' });
    await expect(stand.client.powerOff(VM, request)).rejects.toMatchObject({ code: 'power.guest-ignores' });
    expect(watched.methods.filter((method) => method === 'ShutdownGuest')).toHaveLength(1);

    await expect(stand.client.powerOn(VM, { ...access, operation_id: 'one' })).rejects.toMatchObject({
      code: 'power.operation-id-used',
    });
  });

  test('answers within the time that the client gave, and goes on', async () => {
    oddity = ignoring;
    const answer = await post(`/vm/${encodeURIComponent(VM)}/power-off`, {
      ...access,
      timeout: 0.5,
      force: true,
      operation_id: 'two',
      answer_within: 0.05,
    });

    expect(answer).toMatchObject({ status: 503, body: { code: 'power.in-progress' } });
    await until(async () => {
      const { power_state: state, operation } = await stand.client.powerState(VM, access);
      return state === 'poweredOff' && operation === null;
    });
  });
});

describe('power on', () => {
  test('of one that is on is done', async () => {
    await expect(stand.client.powerOn(VM, { ...access })).resolves.toMatchObject({
      operation: 'power-on',
      previous_state: 'poweredOn',
      new_state: 'poweredOn',
      shutdown_method: null,
    });
  });

  test('waits for the tools as long as it may', async () => {
    await stand.client.powerOff(VM, { ...access });

    await expect(stand.client.powerOn(VM, { ...access, wait_for_tools: true, timeout: 1 })).rejects.toMatchObject({
      code: 'power.tools-not-running',
      kind: 'precondition',
    });
    await expect(stateNow()).resolves.toBe('poweredOn');
  });
});

describe('a VM', () => {
  test('is known by path, reference and uuids, and says whether it runs', async () => {
    const { vms } = await stand.client.discover(access);
    for (const vm of vms) {
      for (const name of [vm.path, vm.ref, vm.instance_uuid ?? '']) {
        await expect(stand.client.powerState(name, access)).resolves.toMatchObject({
          vm_id: name,
          vm_name: vm.name,
          power_state: 'poweredOn',
          tools_status: 'guestToolsNotRunning',
        });
      }
    }
  });

  /** The foreign vCenter does not know the method. */
  const haveBiosUuid =
    (...refs: readonly string[]): Oddity =>
    (method, _body, response) => {
      if (method !== 'FindAllByUuid') return false;
      const found = refs.map((ref) => `<returnval type="VirtualMachine">${ref}</returnval>`).join('');
      response.end(envelope(`<FindAllByUuidResponse xmlns="urn:vim25">${found}</FindAllByUuidResponse>`));
      return true;
    };
  const UUID = '11111111-2222-3333-4444-555555555555';

  test('is known by its BIOS uuid, unless a clone of it is known by the same', async () => {
    const [one, other] = (await stand.client.discover(access)).vms.map((vm) => vm.ref);
    oddity = haveBiosUuid(one ?? '');
    await expect(stand.client.powerState(UUID, access)).resolves.toMatchObject({ power_state: 'poweredOn' });

    oddity = haveBiosUuid(one ?? '', other ?? '');
    await expect(stand.client.powerState(UUID, access)).rejects.toMatchObject({
      code: 'vsphere.vm-ambiguous',
      kind: 'conflict',
      hint: expect.stringContaining('instance uuid'),
    });
  });

  test('that nobody knows by a uuid is not found', async () => {
    oddity = haveBiosUuid();

    await expect(stand.client.powerState(UUID, access)).rejects.toMatchObject({ code: 'vsphere.vm-unknown' });
  });

  test.each([
    ['/DC0/vm/nobody', 'vsphere.vm-unknown', 'not-found'],
    ['vm-99999', 'vsphere.not-found', 'not-found'],
    ['web01', 'vsphere.vm-name', 'invalid-request'],
    ['../../x', 'vsphere.vm-unknown', 'not-found'],
  ])('called %s is %s', async (name, code, kind) => {
    await expect(stand.client.powerState(name, access)).rejects.toMatchObject({ code, kind });
  });

  test('may be named by a path that is not encoded', async () => {
    const answer = await post('/vm/DC0/vm/DC0_H0_VM1/power-state', access);

    expect(answer).toMatchObject({ status: 200, body: { vm_id: VM, power_state: 'poweredOn' } });
  });
});

describe('credentials', () => {
  test('come in a header where there is no body', async () => {
    const header = Buffer.from(JSON.stringify(access)).toString('base64');
    const url = `${stand.url}/api/v1/vm/${encodeURIComponent(VM)}/power-state`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}`, 'x-vcenter-access': header } });

    expect(response.status).toBe(200);
    await expect(response.json()).resolves.toMatchObject({ power_state: 'poweredOn' });
  });

  test.each(['', 'bm90IGpzb24=', Buffer.from('{}').toString('base64')])(
    'in a header must be whole: "%s"',
    async (it) => {
      const url = `${stand.url}/api/v1/vm/${encodeURIComponent(VM)}/power-state`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}`, 'x-vcenter-access': it } });

      expect(response.status).toBe(400);
      await expect(response.json()).resolves.toMatchObject({ code: 'request.invalid' });
    },
  );

  test.each(['password=x', 'username=x&vcenter=y', 'PASSWORD=x'])('are refused in a URL: %s', async (query) => {
    for (const path of ['/health-of-nothing', '/source-sessions', `/vm/vm-1/power-state`]) {
      const response = await fetch(`${stand.url}/api/v1${path}?${query}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(response.status).toBe(400);
      await expect(response.json()).resolves.toMatchObject({
        code: 'request.credentials-in-url',
        hint: expect.stringContaining('body'),
      });
    }
  });
});

async function post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${stand.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
