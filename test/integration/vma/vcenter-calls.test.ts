import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import type { VcenterAccess } from '../../../src/vma/contract.ts';
import { snapshotDescription, snapshotName } from '../../../src/vma/vsphere/snapshot-tag.ts';
import { OddVcenter } from '../../support/odd-vcenter.ts';
import { TestVcenter } from '../../support/vcenter.ts';
import { TOKEN, until, type VmaStand, vmaStand } from '../../support/vma-stand.ts';
import { accessOf, watch } from '../../support/watched-vcenter.ts';

/** Names that a path, a pattern, a page or an envelope may stumble over; as vCenter keeps them, and as people see them. */
const HOSTILE = new Map<string, string>([
  ['a%2fb', 'a/b'],
  ['100%25', '100%'],
  ['back%5cslash', 'back\\slash'],
  ['%252f', '%2f'],
  ...['<b>&amp;', 'ünï💾', '..', `o'hara "x"`, '?x=1#y'].map((name): [string, string] => [name, name]),
]);

let vcenter: TestVcenter;
let stand: VmaStand;
let access: VcenterAccess;
beforeAll(async () => {
  const small = [{ capacityBytes: 8 * MiB }];
  vcenter = await TestVcenter.start({
    taskDelayMs: 5,
    vms: [
      { name: 'web01', folder: 'front/web', disks: [{ capacityBytes: 8 * MiB }, { capacityBytes: 16 * MiB + 512 }] },
      ...[...HOSTILE.keys()].map((name) => ({ name, disks: small })),
      { name: 'twin', folder: 'one', disks: small },
      { name: 'twin', folder: 'two', disks: small },
      { name: 'diskless', disks: [] },
      { name: 'template', disks: small, changes: { isTemplate: true, powerState: 'poweredOff' } },
      { name: 'old', disks: small, changes: { version: 'vmx-04' } },
      { name: 'raw', disks: [{ capacityBytes: 8 * MiB, kind: 'rdm-physical', diskMode: 'independent_persistent' }] },
    ],
  });
  access = accessOf(vcenter);
});
afterAll(() => vcenter[Symbol.asyncDispose]());
beforeEach(async () => {
  stand = await vmaStand({ powerPollMs: 5, taskPollMs: 5, version: 'of a test' });
});
afterEach(async () => {
  vcenter.simulator.control.faults.clear();
  await stand.close();
});

const WEB = '/Lab/vm/front/web/web01';

describe('discovery at our own vcenter', () => {
  test('has VMs of every name, each found again by the path that it was given', async () => {
    const { vms, templates_left_out } = await stand.client.discover(access);

    expect(vms.map((vm) => vm.name)).toEqual(expect.arrayContaining([...HOSTILE.values()]));
    expect(templates_left_out).toBe(1);
    for (const vm of vms) {
      for (const name of [vm.path, vm.instance_uuid ?? '', vm.bios_uuid ?? '', vm.ref]) {
        const found = await stand.client.powerState(name, access).catch((thrown: unknown) => String(thrown));
        expect([name, found]).toMatchObject([name, { vm_name: vm.name }]);
      }
    }
  });

  test('tells twins apart, and knows a VM without disks', async () => {
    const { vms } = await stand.client.discover(access);
    const twins = vms.filter((vm) => vm.name === 'twin');

    expect(twins.map((vm) => vm.path)).toEqual(['/Lab/vm/one/twin', '/Lab/vm/two/twin']);
    expect(new Set(twins.map((vm) => vm.instance_uuid)).size).toBe(2);
    expect(vms.find((vm) => vm.name === 'diskless')).toMatchObject({ disks: [], is_readable: true });
  });

  test('rounds sizes up, and keeps them exact beside', async () => {
    const { vms } = await stand.client.discover({ ...access, filter: 'WEB01' });

    expect(vms).toMatchObject([
      {
        path: WEB,
        disks: [
          { id: 'disk-2000', size_gb: 1, capacity_bytes: 8 * MiB, unit_number: 0 },
          { id: 'disk-2001', size_gb: 1, capacity_bytes: 16 * MiB + 512, unit_number: 1 },
        ],
      },
    ]);
  });

  test('renews a session that vcenter has ended, unnoticed', async () => {
    await stand.client.discover(access);
    vcenter.simulator.control.expireSessions();

    await expect(stand.client.discover(access)).resolves.toMatchObject({ count: expect.any(Number) });
  });

  test('of a VM that is inaccessible says that nothing is known of it', async () => {
    vcenter.simulator.control.edit('old', (vm) => (vm.connectionState = 'inaccessible'));
    const { vms } = await stand.client.discover({ ...access, filter: 'old' });
    vcenter.simulator.control.edit('old', (vm) => (vm.connectionState = 'connected'));

    expect(vms).toMatchObject([{ name: 'old', connection_state: 'inaccessible' }]);
  });
});

describe('discovery of 2,000 VMs', () => {
  test('is one call of the client and a few of ours, none of them for a single VM', async () => {
    await using large = await TestVcenter.start({ generate: { count: 2000 } });
    await using watched = await watch(large);
    const through = { vcenter: watched.settings().address, thumbprint: watched.thumbprint };
    const { count, vms } = await stand.client.discover(accessOf(large, through));

    expect(count).toBe(2000);
    expect(new Set(vms.map((vm) => vm.instance_uuid)).size).toBe(2000);
    // Login, two views, a page of what surrounds the VMs, and ten pages of VMs.
    expect(watched.methods).toHaveLength(2 + 2 + 1 + 10 + 2);
  }, 60_000);
});

describe('what goes wrong at a vcenter', () => {
  const statusOf = async (changes: Partial<VcenterAccess>): Promise<{ status: number; problem: unknown }> => {
    const { status, body } = await call('POST', '/discover', { ...access, ...changes });
    return { status, problem: body };
  };

  test('a wrong password is 401, and not taken for a wrong token of ours', async () => {
    await expect(statusOf({ password: 'wrong' })).resolves.toMatchObject({
      status: 401,
      problem: { code: 'vsphere.invalid-login', hint: expect.stringContaining('password') },
    });
    const stranger = await fetch(`${stand.url}/api/v1/discover`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
    });
    expect(stranger.status).toBe(401);
    await expect(stranger.json()).resolves.toMatchObject({ code: 'auth.bad-token' });
  });

  test('a right that is missing is 403', async () => {
    vcenter.simulator.control.faults.add({
      method: 'CreateContainerView',
      kind: 'fault',
      fault: 'NoPermission',
      fields: { privilegeId: 'System.View' },
    });

    await expect(statusOf({})).resolves.toMatchObject({ status: 403, problem: { code: 'vsphere.no-permission' } });
  });

  test('another certificate is 422, and says which one was shown', async () => {
    await expect(statusOf({ thumbprint: 'AB'.repeat(20) })).resolves.toMatchObject({
      status: 422,
      problem: {
        code: 'vsphere.certificate-changed',
        detail: expect.stringContaining(access.thumbprint ?? ''),
        hint: expect.stringContaining('compare'),
      },
    });
    await expect(statusOf({ thumbprint: null })).resolves.toMatchObject({
      status: 422,
      problem: { code: 'vsphere.certificate-unverified', detail: expect.stringMatching(/([0-9A-F]{2}:){31}/) },
    });
  });

  test.each([
    [{ vcenter: 'https://127.0.0.1:1' }, 503, 'vsphere.unreachable'],
    [{ vcenter: 'no-such-host.invalid' }, 503, 'vsphere.unreachable'],
    [{ vcenter: 'http://127.0.0.1' }, 400, 'vsphere.address'],
    [{ thumbprint: 'xyz' }, 400, 'vsphere.thumbprint'],
  ])('an access with %p is %d %s', async (changes, status, code) => {
    await expect(statusOf(changes)).resolves.toMatchObject({ status, problem: { code, hint: expect.any(String) } });
  });

  test('one that hangs is 503 within the time of a request', async () => {
    await using hanging = await OddVcenter.start();
    await stand.restart({ vcenterRequestMs: 300 });
    hanging.oddity = (method) => method === 'CreateContainerView';

    await expect(stand.client.discover(accessOf(hanging))).rejects.toMatchObject({
      code: 'vsphere.too-slow',
      kind: 'upstream',
    });
    hanging.oddity = () => true;
    await expect(stand.client.discover(accessOf(hanging, { username: 'other' }))).rejects.toMatchObject({
      code: 'vsphere.too-slow',
    });
  });

  test('an unknown VM is 404', async () => {
    for (const path of ['/vm/%2FLab%2Fvm%2Fnobody/power-off', '/vms/%2FLab%2Fvm%2Fnobody/cbt-status']) {
      await expect(call('POST', path, access)).resolves.toMatchObject({
        status: 404,
        body: { code: 'vsphere.vm-unknown', hint: expect.any(String) },
      });
    }
  });
});

describe('power at our own vcenter', () => {
  test('ends where the guest does not obey', async () => {
    vcenter.simulator.control.faults.add({ method: 'ShutdownGuest', kind: 'guest-ignores' });

    await expect(stand.client.powerOff(WEB, { ...access, timeout: 0.1, force: true })).resolves.toMatchObject({
      shutdown_method: 'forced',
      new_state: 'poweredOff',
    });
    await expect(stand.client.powerOn(WEB, { ...access, wait_for_tools: true })).resolves.toMatchObject({
      new_state: 'poweredOn',
      tools_status: 'guestToolsRunning',
    });
    await expect(stand.client.powerState(WEB, access)).resolves.toMatchObject({
      last_state_change: expect.stringMatching(/Z$/),
      uptime_seconds: expect.any(Number),
    });
  });

  test('of one that is suspended is refused, also by force', async () => {
    vcenter.simulator.control.edit('diskless', (vm) => (vm.powerState = 'suspended'));

    for (const force of [false, true]) {
      await expect(stand.client.powerOff('/Lab/vm/diskless', { ...access, force })).rejects.toMatchObject({
        code: 'power.suspended',
        kind: 'conflict',
      });
    }
  });
});

describe('change tracking', () => {
  test('of a VM that is not tracked yet would be enabled by the next cycle', async () => {
    await expect(stand.client.cbtStatus(WEB, access)).resolves.toMatchObject({
      vm_name: 'web01',
      vm_path: WEB,
      enabled: false,
      supported: true,
      has_snapshots: false,
      next_cycle: { step: 'enable', reason: { code: 'cbt.just-enabled' } },
      disks: [
        { disk_id: 'disk-2000', obstacle: null },
        { disk_id: 'disk-2001', obstacle: null },
      ],
      warnings: [],
    });
  });

  test('is not enabled over snapshots of others, but over those of ours, which go before', async () => {
    const { control } = vcenter.simulator;
    const tag = { installationId: 'here', jobId: 'job-9', epoch: 1 };
    const ours = await control.snapshot('web01', { name: snapshotName(tag), description: snapshotDescription(tag) });
    await expect(stand.client.cbtStatus(WEB, access)).resolves.toMatchObject({ next_cycle: { step: 'enable' } });

    const theirs = await control.snapshot('web01', { name: 'before the update' });
    await expect(stand.client.cbtStatus(WEB, access)).resolves.toMatchObject({
      has_snapshots: true,
      next_cycle: { step: 'without', reason: { code: 'cbt.snapshots-forbid' } },
      warnings: [{ code: 'cbt.snapshots-forbid' }],
    });
    await control.removeSnapshot('web01', theirs.id);
    await control.removeSnapshot('web01', ours.id);
  });

  test('says which disks and VMs cannot be tracked', async () => {
    await expect(stand.client.cbtStatus('/Lab/vm/raw', access)).resolves.toMatchObject({
      disks: [{ obstacle: { code: 'cbt.backing-unsupported' } }],
    });
    await expect(stand.client.cbtStatus('/Lab/vm/old', access)).resolves.toMatchObject({
      next_cycle: { step: 'without', reason: { code: 'cbt.not-supported' } },
    });
  });
});

describe('what changed in a VM', () => {
  test('is told in numbers and in words', async () => {
    const { vms } = await stand.client.discover({ ...access, filter: 'web01' });
    const [stored] = vms;
    if (stored === undefined) throw new Error('web01 is missing');
    const request = { ...access, vm_path: WEB, stored_vm_info: stored };
    await expect(stand.client.vmSpecChanges(request)).resolves.toMatchObject({
      has_changes: false,
      changes_summary: '',
      changes: [],
      changes_json: '[]',
      status: 'completed',
    });
    const { control } = vcenter.simulator;
    await control.grow('web01', 2000, 12 * MiB);
    control.edit('web01', (vm) => (vm.memoryMb = 4096));

    const changed = await stand.client.vmSpecChanges(request);
    expect(changed).toMatchObject({
      has_changes: true,
      changes_summary: 'memory in MiB: 2048 became 4096; disk-2000 grew from 8.0 MiB to 12.0 MiB',
      changes: [{ field: 'memory_mb' }, { field: 'disks.disk-2000.capacity_bytes', current: 12 * MiB }],
    });
    expect(JSON.parse(changed.changes_json)).toEqual(changed.changes);
  });
});

describe('cleaning up after a job', () => {
  const request = { job_id: 'job-7', action: 'delete_snapshot' as const, installation_id: 'here' };
  const snapshotsOf = (): string[] => vcenter.simulator.control.vm('twin').snapshots.map(({ name }) => name);

  test('removes its snapshots and leaves all others', async () => {
    const { control } = vcenter.simulator;
    const own = { installationId: 'here', jobId: 'job-7', epoch: 1 };
    const left = [
      { ...own, installationId: 'elsewhere' },
      { ...own, jobId: 'job-8' },
    ];
    for (const tag of [own, ...left]) {
      await control.snapshot('twin', { name: snapshotName(tag), description: snapshotDescription(tag) });
    }
    await control.snapshot('twin', { name: snapshotName(own), description: 'by hand, under our name' });

    const done = await stand.client.cleanup({ ...request, credentials: access });
    expect(done).toMatchObject({
      session_ended: false,
      snapshots: [{ vm: 'twin', state: 'removing', error: null }],
      message: expect.stringContaining('1 leftover'),
    });
    await until(() => snapshotsOf().length === 3);
    expect(snapshotsOf().toSorted()).toEqual(['migratekit-job-7-1', 'migratekit-job-7-1', 'migratekit-job-8-1']);
    expect(vcenter.simulator.control.vm('twin').snapshots.map(({ description }) => description)).not.toContain(
      snapshotDescription(own),
    );
    await expect(stand.client.cleanup({ ...request, credentials: access })).resolves.toMatchObject({ snapshots: [] });
  });

  test('without credentials clears what the VMA itself knows, and says so', async () => {
    await expect(stand.client.cleanup({ ...request, action: 'cleanup_all' })).resolves.toMatchObject({
      session_ended: false,
      snapshots: [],
      message: expect.stringContaining('credentials'),
    });
  });
});

describe('the VMA itself', () => {
  test('tells how it is', async () => {
    await expect(call('GET', '/health')).resolves.toMatchObject({
      status: 200,
      body: { status: 'ok', service: 'vma', version: 'of a test', sessions: 0, snapshot_removals: 0 },
    });
  });

  test('changes settings for good, all or none of them', async () => {
    const space = { warn_percent: 30, stop_percent: 15, remove_percent: 5 };
    await expect(call('GET', '/config')).resolves.toMatchObject({ body: { log_level: null, snapshot_space: null } });
    await expect(call('PUT', '/config', { snapshot_space: space })).resolves.toMatchObject({
      status: 200,
      body: { config: { snapshot_space: space, log_level: null } },
    });
    for (const bad of [{ snapshot_space: { ...space, stop_percent: 40 } }, { log_level: 'loud' }, { password: 'x' }]) {
      await expect(call('PUT', '/config', bad)).resolves.toMatchObject({
        status: 400,
        body: { code: 'request.invalid', errors: [{ path: expect.any(String) }] },
      });
    }
    await stand.restart();
    await expect(call('GET', '/config')).resolves.toMatchObject({ body: { snapshot_space: space } });

    // They count: with so little room no snapshot is made any more.
    vcenter.simulator.control.setFreeBytes('datastore1', 500 * 2 ** 30);
    const disks = [{ disk_id: 'disk-2000' }];
    const session = { job_id: 'job-5', epoch: 1, kind: 'vsphere' as const, vm: WEB, installation_id: 'here', disks };
    await stand.restart({ config: { vsphere: { ...stand.config.vsphere, frozenDir: vcenter.simulator.frozenDir } } });
    await expect(stand.client.createSession({ ...session, credentials: access })).rejects.toMatchObject({
      code: 'source.datastore-full',
    });

    await call('PUT', '/config', { snapshot_space: null });
    const made = await stand.client.createSession({ ...session, credentials: access });
    await expect(call('GET', '/status/job-5')).resolves.toMatchObject({
      status: 200,
      body: { job_id: 'job-5', status: 'running', session: { session_id: made.session_id, kind: 'vsphere' } },
    });
    await expect(
      stand.client.cleanup({ job_id: 'job-5', action: 'delete_snapshot', installation_id: 'here' }),
    ).rejects.toMatchObject({ code: 'cleanup.session-open', kind: 'conflict' });
    await expect(
      stand.client.cleanup({ job_id: 'job-5', action: 'cleanup_all', installation_id: 'here' }),
    ).resolves.toMatchObject({ session_ended: true });
    await until(() => vcenter.simulator.control.vm('web01').snapshots.length === 0);
  });

  test('knows the state of a job by its progress, and of none that it never heard of', async () => {
    await expect(call('GET', '/status/job-6')).resolves.toMatchObject({ status: 404, body: { code: 'job.unknown' } });
    await stand.client.progressUpdate('job-6', { stage: 'Transfer', status: 'running', percent: 40 });

    await expect(call('GET', '/status/job-6')).resolves.toMatchObject({
      body: { job_id: 'job-6', status: 'running', phase: 'Transfer', percentage: 40, session: null },
    });
  });

  test('says where a replication is started now', async () => {
    const body = { ...access, job_id: 'job-1', vm_paths: [WEB], nbd_targets: [{ device_path: 'nbd://h:1/e' }] };

    await expect(call('POST', '/replicate', body)).resolves.toMatchObject({
      status: 501,
      body: { code: 'replicate.by-oma', hint: expect.stringContaining('/api/v1/replications') },
    });
    await expect(call('POST', '/replicate', {})).resolves.toMatchObject({ status: 400 });
  });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${stand.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
