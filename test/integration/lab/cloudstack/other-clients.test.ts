import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { startTestCloud, type TestCloud } from '../../../support/cloudstack.ts';
import { BUILD_TIMEOUT_MS, buildGo } from '../../../support/go-program.ts';

/**
 * Clients of other people take volumes, VMs and snapshots through their lives: what they accept as CloudStack is not only
 * what we take for it. No value holds `~`, `*` or `[`, which one or the other signs differently than CloudStack.
 */

let cloud: TestCloud;
const cleanUp = new AsyncDisposableStack();
const OTHER_ZONE = '5a5f0f6e-0000-4000-8000-000000000002';

beforeAll(async () => {
  cloud = cleanUp.use(await startTestCloud({ jobDelayMs: 0 }));
  // The Go SDK looks at a job at once, and then after whole seconds: let it find an end the first time.
  cloud.simulator.faults.add({ command: 'queryAsyncJobResult', kind: 'delay', ms: 25, times: 10_000 });
  cloud.simulator.edit((world) => {
    world.zones.push({ id: OTHER_ZONE, name: 'other-zone', allocationState: 'Enabled' });
  });
});
afterAll(() => cleanUp.disposeAsync());

/** The interpreter of Debian's packages; another one in the PATH does not see them. */
const python = (script: string) => () =>
  Promise.resolve(['/usr/bin/python3', join(process.cwd(), 'test/support/cloudstack-clients', script)]);

interface Seen {
  readonly volume: unknown;
  readonly vm: unknown;
  readonly snapshot: unknown;
  readonly refusals: Readonly<Record<string, string>>;
}

async function run(command: readonly string[]): Promise<Seen> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(JSON.stringify(place()));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  expect({ code, stderr: Buffer.concat(err).toString() }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(Buffer.concat(out).toString()) as Seen;
}

function place(): Record<string, string> {
  const { endpoint, apiKey, secretKey, ids } = cloud.simulator;
  return {
    endpoint,
    api_key: apiKey.reveal(),
    secret_key: secretKey.reveal(),
    zone: ids.zone,
    other_zone: OTHER_ZONE,
    disk_offering: ids.diskOffering,
    service_offering: ids.serviceOffering,
    template: ids.template,
    network: ids.liveNetwork,
    oma_vm: ids.omaVm,
    unknown: '00000000-0000-0000-0000-000000000000',
  };
}

test.each([
  ['cs', python('by_cs.py')],
  ['libcloud', python('by_libcloud.py')],
  ['the Go SDK', () => buildGo('cloudstack-clients').then((binary) => [binary])],
])(
  '%s takes volumes, VMs and snapshots through their lives, and is refused what CloudStack refuses',
  async (client, commandOf) => {
    const { volume, vm, snapshot, refusals } = await run(await commandOf());

    const { omaVm } = cloud.simulator.ids;
    expect(volume).toEqual({ attached: 'Ready', at: omaVm, resized: 2 * GiB, detached: '', deleted: true });
    expect(vm).toEqual({ deployed: 'Stopped', started: 'Running', stopped: 'Stopped', left: 0 });
    expect(snapshot).toEqual({ taken: 'BackedUp', of: true, reverted: true, deleted: true });
    const texts: Record<string, string> = {
      // libcloud has words of its own for a 401.
      unverified:
        client === 'libcloud'
          ? 'Invalid provider credentials'
          : 'unable to verify user credentials and/or request signature',
      unknown: 'Unable to execute API command deletevolume due to invalid value. Invalid parameter id',
      attached_twice: 'Please specify a volume that is not attached to any VM.',
      reverted_while_running: 'The VM the specified disk is attached to is not in the shutdown state.',
      with_vm_snapshot: 'please specify a VM that does not have VM snapshots',
      wrong_zone: 'Please specify a VM that is in the same zone as the volume.',
    };
    for (const [name, text] of Object.entries(texts))
      expect([name, refusals[name]]).toEqual([name, expect.stringContaining(text)]);
  },
  BUILD_TIMEOUT_MS,
);
