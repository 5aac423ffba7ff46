import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../../src/base/units.ts';
import { TestVcenter } from '../../../support/vcenter.ts';

/** Other people's client against our simulator: what it cannot read, our own would not have to either. */

let vcenter: TestVcenter;

beforeAll(async () => {
  vcenter = await TestVcenter.start({
    taskDelayMs: 5,
    generate: { count: 50 },
    vms: [{ name: 'web01', folder: 'web/front', disks: [{ capacityBytes: 8 * MiB }] }],
  });
});
afterAll(() => vcenter[Symbol.asyncDispose]());

/** The interpreter of Debian's packages; another one in the PATH does not see them. */
const PYTHON = '/usr/bin/python3';
const BLOCK = 64 * KiB;

/** Its answer; whenever it says so, the guest of a VM writes. */
async function runPyvmomi(write: (vm: string) => Promise<void>): Promise<Record<string, unknown>> {
  const { url, username, password, ca } = vcenter.simulator;
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', PYTHON, '-W', 'ignore', 'test/support/pyvmomi/replicate.py'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    },
  );
  const ended = once(child, 'close');
  child.stdin.write(
    `${JSON.stringify({ port: Number(new URL(url).port), username, password: password.reveal(), ca })}\n`,
  );
  let last: Record<string, unknown> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line) as Record<string, unknown>;
    if (typeof last['write'] !== 'string') continue;
    await write(last['write']);
    child.stdin.write('done\n');
  }
  await ended;
  return last;
}

describe('pyVmomi', () => {
  test('logs in, pages all VMs, and takes, asks about and removes snapshots', async () => {
    const { control, username } = vcenter.simulator;
    await control.write('web01', 2000, [{ offset: 0, bytes: Buffer.from('boot') }]);

    const answer = await runPyvmomi((vm) =>
      control.write(vm, 2000, [
        { offset: 3 * BLOCK, bytes: Buffer.alloc(2 * BLOCK, 7) },
        { offset: 100 * BLOCK, bytes: Buffer.from('x') },
      ]),
    );

    const vms = Object.fromEntries(control.vms().map(({ id, name }) => [id, name]));
    const changed = [
      [3 * BLOCK, 2 * BLOCK],
      [100 * BLOCK, BLOCK],
    ];
    expect(answer).toEqual({
      wrong_password: 'vim.fault.InvalidLogin',
      about: ['VirtualCenter', expect.stringMatching(/^[0-9a-f-]{36}$/)],
      user: username,
      page_sizes: [7, 7, 7, 7, 7, 7, 7, 2],
      vms,
      path_and_uuid_agree: true,
      hardware: [
        'vim.vm.device.ParaVirtualSCSIController',
        'vim.vm.device.VirtualDisk',
        'vim.vm.device.VirtualVmxnet3',
      ],
      datastore: ['datastore1', true],
      path: ['front', 'web', 'vm'],
      tree: [['first', 'of pyvmomi']],
      areas: [0, 8 * MiB, changed],
      in_use: [[0, BLOCK], ...changed],
      at_capacity: 'startOffset',
      power_fault: 'poweredOn',
      snapshots_left: false,
      events: [
        'VirtualMachine.reconfigure',
        'VirtualMachine.createSnapshot',
        'vm.Snapshot.remove',
        'VirtualMachine.createSnapshot',
        'VirtualMachine.createSnapshot',
        'VirtualMachine.powerOn',
        'vm.Snapshot.remove',
        'VirtualMachine.removeAllSnapshots',
      ],
    });
    expect(Object.keys(vms)).toHaveLength(51);
    expect(control.sessionCount()).toBe(0);
  });
});
