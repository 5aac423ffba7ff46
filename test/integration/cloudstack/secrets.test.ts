import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { describeError } from '../../../src/base/errors.ts';
import { ownAccount } from '../../../src/cloudstack/accounts.ts';
import { createCloudStackClient } from '../../../src/cloudstack/client.ts';
import { attachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { listVolumes } from '../../../src/cloudstack/volumes.ts';
import { encodeValue } from '../../../src/cloudstack/signature.ts';
import { ODD_API_KEY, ODD_SECRET_KEY, startOddCloud, type Asked, type OddAnswer } from '../../support/odd-cloud.ts';

/** A server that says back whatever it was sent, and the secret key besides: none of it may come out of the client. */

const repeated = ({ url, parameters }: Asked): string =>
  `${url} ${JSON.stringify(parameters)} ${parameters['signature'] ?? ''} ${encodeValue(parameters['signature'] ?? '')} ${ODD_SECRET_KEY.reveal()}`;

/** Everything that a log, an answer of ours or a person would get to see. */
const everythingOf = (error: unknown): string =>
  [describeError(error), JSON.stringify(error), String(error), inspect(error, { depth: 20, showHidden: true })].join(
    '\n',
  );

const json = (value: object): OddAnswer => ({ body: { response: value } });

const ANSWERS: readonly (readonly [string, (asked: Asked) => OddAnswer])[] = [
  ['an error', (asked) => ({ status: 431, body: { response: { errorcode: 431, errortext: repeated(asked) } } })],
  [
    'a failed call',
    (asked) => ({ status: 530, body: { errorresponse: { errorcode: 530, errortext: repeated(asked) } } }),
  ],
  ['a page', (asked) => ({ status: 502, headers: { 'content-type': 'text/html' }, body: `<p>${repeated(asked)}</p>` })],
  ['a list without ids', (asked) => json({ count: 1, volume: [{ name: repeated(asked), id: null }] })],
  ['no list', (asked) => json({ a: [repeated(asked)], b: [repeated(asked)] })],
  [
    'a failed job',
    (asked) =>
      asked.command === 'queryAsyncJobResult'
        ? json({ jobstatus: 2, jobresultcode: 530, jobresult: { errorcode: 530, errortext: repeated(asked) } })
        : asked.command === 'listVolumes'
          ? json({ count: 1, volume: [{ id: 'v1', state: 'Ready' }] })
          : json({ jobid: 'j1' }),
  ],
];

describe('keys and signatures', () => {
  test.each(ANSWERS)('stay out of errors when the answer is %s that repeats them', async (_what, answer) => {
    const signatures: string[] = [];
    await using cloud = await startOddCloud((asked) => {
      signatures.push(asked.parameters['signature'] ?? 'none');
      return answer(asked);
    });
    const { client } = cloud;

    const errors = await Promise.all(
      [attachVolume(client, { volumeId: 'v1', vmId: 'vm1' }), ownAccount(client), client.call('deleteVolume', {})].map(
        (work) =>
          work.then(
            () => undefined,
            (thrown: unknown) => thrown,
          ),
      ),
    );

    const text = errors
      .filter((error) => error !== undefined)
      .map(everythingOf)
      .join('\n');
    expect(text).toContain('cloudstack.');
    expect(text).not.toContain(ODD_API_KEY.reveal());
    expect(text).not.toContain(ODD_SECRET_KEY.reveal());
    for (const signature of signatures) {
      expect(text).not.toContain(signature);
      expect(text).not.toContain(encodeValue(signature));
    }
  });

  test('stay out of errors of the connection', async () => {
    const client = createCloudStackClient({
      endpoint: 'http://127.0.0.1:1/client/api',
      apiKey: ODD_API_KEY,
      secretKey: ODD_SECRET_KEY,
      poll: { firstMs: 1, maxMs: 1 },
    });

    const error: unknown = await listVolumes(client).catch((thrown: unknown) => thrown);

    expect(everythingOf(error)).toContain('cloudstack.unreachable');
    expect(everythingOf(error)).not.toMatch(/canary/);
  });

  test('stay out of what the client shows of itself', async () => {
    await using cloud = await startOddCloud(() => json({}));

    expect(inspect(cloud.client, { depth: 20 })).not.toMatch(/canary/);
    expect(JSON.stringify(cloud.client)).not.toMatch(/canary/);
  });

  test('are masked in the values of an answer as well', async () => {
    await using cloud = await startOddCloud(() =>
      json({ count: 1, volume: [{ id: 'v1', name: ODD_API_KEY.reveal() }] }),
    );

    expect(await listVolumes(cloud.client)).toEqual([expect.objectContaining({ name: '***' })]);
  });
});
