import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { startTestCloud, type TestCloud } from '../../../support/cloudstack.ts';
import { until } from '../../../support/until.ts';

/**
 * Debian's `cs`, a CloudStack client of other people, drives the simulated cloud: what it accepts as CloudStack is not
 * only what we take for it. Values must not hold `~`, which cs signs differently than CloudStack.
 */

/** The interpreter of Debian's packages; another one in the PATH does not see them. */
const PYTHON = '/usr/bin/python3';
const MODULE = '/usr/lib/python3/dist-packages/cs/__init__.py';

let cloud: TestCloud;
let home: string;
const cleanUp = new AsyncDisposableStack();

interface CsRun {
  readonly code: number | null;
  readonly answer: Record<string, unknown>;
  readonly stderr: string;
}

function cs(args: readonly string[], env: Record<string, string> = {}): Promise<CsRun> {
  const { endpoint, apiKey, secretKey } = cloud.simulator;
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', PYTHON, '-c', 'import sys, cs; sys.exit(cs.main())', ...args],
    {
      cwd: home,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: home,
        MIGRATEKIT_TEST_RUN: process.env['MIGRATEKIT_TEST_RUN'] ?? '',
        CLOUDSTACK_ENDPOINT: endpoint,
        CLOUDSTACK_KEY: apiKey.reveal(),
        CLOUDSTACK_SECRET: secretKey.reveal(),
        CLOUDSTACK_TIMEOUT: '60',
        CLOUDSTACK_POLL_INTERVAL: '0.05',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(out).toString();
      const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
      resolve({ code, answer, stderr: Buffer.concat(err).toString() });
    });
  });
}

beforeAll(async () => {
  if (!existsSync(MODULE)) {
    throw new Error(`${MODULE} is missing; as root on Debian: apt-get install --no-install-recommends python3-cs`);
  }
  home = mkdtempSync(join(tmpdir(), 'cs-'));
  cleanUp.defer(() => rmSync(home, { recursive: true, force: true }));
  cloud = cleanUp.use(await startTestCloud());
});
afterAll(() => cleanUp.disposeAsync());

async function createVolume(name: string, sizeGiB: number, flags: readonly string[]): Promise<string> {
  const { zone, diskOffering } = cloud.simulator.ids;
  const sized = [`zoneid=${zone}`, `diskofferingid=${diskOffering}`, `size=${sizeGiB}`];
  const { code, answer, stderr } = await cs([...flags, 'createVolume', `name=${name}`, ...sized]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (answer['volume'] as { id: string }).id;
}

describe.each([
  ['GET', []],
  ['POST', ['--post']],
] as const)('cs by %s', (_method, flags) => {
  const run = (...args: string[]) => cs([...flags, ...args]);

  test('takes a volume through its life', async () => {
    const { omaVm } = cloud.simulator.ids;
    const id = await createVolume("it's a (disk) *é!", 2, flags);

    const attached = await run('attachVolume', `id=${id}`, `virtualmachineid=${omaVm}`);
    expect(attached.answer['volume']).toMatchObject({ state: 'Ready', virtualmachineid: omaVm, size: 2 * GiB });
    await until(() => existsSync(cloud.simulator.devicePath(id)), { withinMs: 30_000, what: 'the device' });
    expect(statSync(cloud.simulator.devicePath(id)).size).toBe(2 * GiB);

    const listed = await run('listVolumes', `id=${id}`);
    expect(listed.answer).toMatchObject({ count: 1, volume: [{ id, name: "it's a (disk) *é!", type: 'DATADISK' }] });

    const detached = await run('detachVolume', `id=${id}`);
    expect(detached.answer['volume']).toMatchObject({ id, state: 'Ready' });
    const deleted = await run('deleteVolume', `id=${id}`);
    expect([deleted.code, deleted.answer]).toEqual([0, { success: true }]);
    expect((await run('listVolumes', 'name=gone')).answer).toEqual({});
  });
});

describe('cs', () => {
  const run = (...args: string[]) => cs(args);

  test('is refused what CloudStack refuses, with its codes and words', async () => {
    const { omaVm, zone, fixedDiskOffering } = cloud.simulator.ids;
    const id = await createVolume('refused', 1, []);
    await run('attachVolume', `id=${id}`, `virtualmachineid=${omaVm}`);

    const deletion = await run('deleteVolume', `id=${id}`);
    expect(deletion.code).not.toBe(0);
    expect(deletion.stderr).toContain('HTTP 431 response from CloudStack');
    expect(deletion.answer['deletevolumeresponse']).toMatchObject({
      errorcode: 431,
      errortext: 'Please specify a volume that is not attached to any VM.',
    });

    const again = await run('attachVolume', `id=${id}`, `virtualmachineid=${omaVm}`);
    expect(again.code).not.toBe(0);
    expect(again.answer['queryasyncjobresultresponse']).toMatchObject({
      jobstatus: 2,
      jobresultcode: 431,
      jobresult: { errorcode: 431, errortext: 'Please specify a volume that is not attached to any VM.' },
    });

    const sized = await run(
      'createVolume',
      'name=x',
      `zoneid=${zone}`,
      `diskofferingid=${fixedDiskOffering}`,
      'size=9',
    );
    expect(sized.answer['createvolumeresponse']).toMatchObject({
      errorcode: 431,
      errortext: 'This disk offering does not allow custom size',
    });

    const unknown = await run('deleteVolume', 'id=00000000-0000-0000-0000-000000000000');
    expect(unknown.answer['deletevolumeresponse']).toMatchObject({ errorcode: 431 });
    const nameless = await run('attachVolume', `id=${id}`);
    expect(nameless.answer['attachvolumeresponse']).toMatchObject({
      errorcode: 431,
      errortext: 'Unable to execute API command attachvolume due to missing parameter virtualmachineid',
    });
  });

  test('is told a malformed name, a wrong type, an id that never was and one that is no more apart', async () => {
    const gone = await createVolume('gone', 1, []);
    await run('deleteVolume', `id=${gone}`);
    const refusal = async (...args: string[]) => {
      const { answer } = await run(...args);
      const [said] = Object.values(answer) as { errorcode?: number; errortext?: string }[];
      return [said?.errorcode, said?.errortext];
    };
    const neverWas = '00000000-0000-0000-0000-000000000000';

    expect(await refusal('listVolumes', `id=${neverWas}`)).toEqual([
      431,
      expect.stringContaining(
        `due to invalid value. Invalid parameter id value=${neverWas} due to incorrect long value`,
      ),
    ]);
    expect(await refusal('listSnapshots', `volumeid=${neverWas}`)).toEqual([431, expect.anything()]);
    expect((await run('listVolumes', `id=${gone}`)).answer).toEqual({});
    expect((await run('listSnapshots', `volumeid=${gone}`)).answer).toEqual({});
    expect(await refusal('listZones', 'page=one', 'pagesize=1')).toEqual([
      431,
      'Unable to execute API command listzones due to invalid value one for parameter page',
    ]);
    for (const name of ['tags[0][1].key', 'tags[0]', 'tags[x].key', 'tags]0[.key', 'tags.key[0]']) {
      expect(await refusal('listZones', `${name}=x`)).toEqual([
        430,
        `Unable to decode parameter ${name}; if specifying an object array, please use parameter[index].field=XXX, e.g. userGroupList[0].group=httpGroup`,
      ]);
    }
    expect((await run('listZones', 'tags[0].key=x')).answer).toMatchObject({ count: 1 });
  });

  test('reads what there is to choose from', async () => {
    const { ids } = cloud.simulator;

    const [zones, vms, templates, capabilities] = await Promise.all([
      cs(['listZones']),
      cs(['listVirtualMachines', 'listall=true']),
      cs(['listTemplates', 'templatefilter=executable']),
      cs(['listCapabilities']),
    ]);

    expect(zones.answer).toMatchObject({ count: 1, zone: [{ id: ids.zone }] });
    expect(vms.answer).toMatchObject({ virtualmachine: [{ id: ids.omaVm, state: 'Running' }] });
    expect(templates.answer).toMatchObject({ template: [{ id: ids.template, isready: true }] });
    expect(capabilities.answer).toMatchObject({ capability: { cloudstackversion: '4.19.1.0' } });
  });

  test.each([
    ['a wrong secret', { CLOUDSTACK_SECRET: 'wrong' }],
    ['an unknown key', { CLOUDSTACK_KEY: 'unknown' }],
    ['a request that has expired', { CLOUDSTACK_EXPIRATION: '0' }],
  ])('is turned away with %s', async (_what, env) => {
    const { code, stderr, answer } = await cs(['listZones'], env);

    expect(code).not.toBe(0);
    expect(stderr).toContain('HTTP 401 response from CloudStack');
    expect(answer['listzonesresponse']).toMatchObject({
      errorcode: 401,
      errortext: 'unable to verify user credentials and/or request signature',
    });
  });

  test('may sign without an expiry', async () => {
    const { code, answer } = await cs(['listZones'], { CLOUDSTACK_EXPIRATION: '-1' });

    expect([code, answer['count']]).toEqual([0, 1]);
  });

  test('hears of an unknown command what of a bad signature', async () => {
    const { stderr, answer } = await cs(['makeCoffee']);

    expect(stderr).toContain('HTTP 401 response from CloudStack');
    expect(answer['errorresponse']).toMatchObject({ errorcode: 401 });
  });
});
