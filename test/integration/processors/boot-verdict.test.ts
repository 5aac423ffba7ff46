import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCloudStackClient } from '../../../src/cloudstack/client.ts';
import { consoleTextReader, type ReadConsoleText } from '../../../src/cloudstack/console-text.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { judgeBoot, type BootWatch } from '../../../src/processors/failover/boot-verdict.ts';
import { startTestCloud, type TestCloud } from '../../support/cloudstack.ts';
import { ConsoleTexts } from '../../support/console-texts.ts';

/** A simulated CloudStack, and a server of console texts beside it. */

const TOKEN = 'token-of-the-console';
const LONG_MS = 120_000;
const timing = { pollMs: 10, staysMs: 50, quietMs: 50 };

let cloud: TestCloud;
let readConsole: ReadConsoleText;
let texts: ConsoleTexts;
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
  cloud = cleanUp.use(await startTestCloud());
  texts = cleanUp.use(await ConsoleTexts.listen());
  readConsole = consoleTextReader({ urlTemplate: texts.urlTemplate, token: new Secret(TOKEN) });
});
afterAll(() => cleanUp.disposeAsync());

const judge = (change: Partial<BootWatch> = {}) =>
  judgeBoot({
    cloud: { client: cloud.client },
    vmId: cloud.simulator.ids.omaVm,
    readConsole,
    signal: new AbortController().signal,
    deadlineMs: LONG_MS,
    timing,
    ...change,
  });

describe('a VM that was started', () => {
  test('is booted as soon as its console says so, whatever it said before', async () => {
    texts.answers = [
      { text: '' },
      { status: 500, text: 'later' },
      { text: 'No bootable device.' },
      { text: 'x\nweb login: ' },
    ];
    const verdict = await judge();
    expect(verdict).toMatchObject({ verdict: 'booted', vmState: 'Running', consoleLines: ['x', 'web login:'] });
    expect(new Set(texts.asked)).toEqual(new Set([`/of/${cloud.simulator.ids.omaVm}/text Bearer ${TOKEN}`]));
  });

  test('is not-booted when its console shows a failure and nothing more', async () => {
    texts.answers = [{ text: 'Booting from Hard Disk...\nNo bootable device.' }];
    expect(await judge()).toMatchObject({ verdict: 'not-booted', reason: expect.stringContaining('no disk to boot') });
  });

  test('is not-booted when it is off again, or gone', async () => {
    const vmId = '0a1b2c3d-0000-4000-8000-00000000abcd';
    expect(await judge({ vmId })).toMatchObject({ verdict: 'not-booted', vmState: 'gone' });
  });

  test('is running when nobody can tell what its console shows', async () => {
    texts.answers = [{ status: 404, text: '' }];
    const running = { verdict: 'running', vmState: 'Running', consoleLines: [] };
    expect(await judge()).toMatchObject(running);
    expect(await judge({ readConsole: undefined })).toMatchObject(running);
  });

  test('gets its verdict by the deadline, also from a cloud and a console that do not answer', async () => {
    const { apiKey, secretKey } = cloud.simulator;
    const away = createCloudStackClient({ endpoint: 'http://127.0.0.1:1/client/api', apiKey, secretKey });
    const mute = consoleTextReader({ urlTemplate: 'http://127.0.0.1:1/{vm_id}', token: undefined });
    const verdict = await judge({ cloud: { client: away }, readConsole: mute, deadlineMs: 100 });
    expect(verdict).toMatchObject({ verdict: 'running', vmState: null });
    expect(verdict.reason).toContain('the cloud does not tell the state of the VM');
  });

  test('is not judged any more when the caller gives up', async () => {
    texts.answers = [{ text: 'starting' }];
    const reason = new Error('cancelled');
    await expect(judge({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const giveUp = new AbortController();
    const judging = judge({ signal: giveUp.signal });
    giveUp.abort(reason);
    await expect(judging).rejects.toBe(reason);
  });
});

test('of a console text that is long its end is read, and a server that refuses is an error with a next step', async () => {
  texts.answers = [{ text: `${'x'.repeat(200_000)}\nweb login: ` }];
  const text = await readConsole('vm');
  expect(text).toHaveLength(64 * 1024);
  expect(text).toMatch(/web login: $/);
  texts.answers = [{ status: 401, text: TOKEN }];
  const refused = await readConsole('vm').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'console.refused', hint: expect.stringContaining('MIGRATEKIT_CONSOLE_TEXT') });
  expect(String(refused)).not.toContain(TOKEN);
});
