import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { describeError } from '../../../src/base/errors.ts';
import { MiB } from '../../../src/base/units.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import { VsphereSession, type VsphereSettings } from '../../../src/vsphere/session.ts';
import { SERVICE_INSTANCE } from '../../../src/vsphere/service-content.ts';
import type { Request } from '../../../src/vsphere/soap/write.ts';
import { envelope, faultOf, OddVcenter } from '../../support/odd-vcenter.ts';
import { until } from '../../support/until.ts';

const NOW: Request = { method: 'CurrentTime', target: SERVICE_INSTANCE, parts: [] };
const CANARY = 'canary-9f&3"<é';

/** All that a log or a person could get to see of an error. */
const allOf = (thrown: unknown): string =>
  inspect(thrown, { depth: 20, showHidden: true }) + describeError(thrown) + JSON.stringify(thrown);

describe('who it is', () => {
  test.each([
    ['SHA-256', (shown: OddVcenter) => shown.thumbprint],
    [
      'SHA-256 without colons, in lower case',
      (shown: OddVcenter) => shown.thumbprint.replaceAll(':', '').toLowerCase(),
    ],
  ])('is proven by the thumbprint of its certificate: %s', async (_what, thumbprint) => {
    await using vcenter = await OddVcenter.start({ isExpired: true, names: 'DNS:elsewhere.example' });
    await using session = await VsphereSession.open(
      vcenter.settings({ trust: { kind: 'thumbprint', thumbprint: thumbprint(vcenter) } }),
    );

    expect(session.content.about.version).toBe('8.0.2');
  });

  test('is proven by an authority', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(
      vcenter.settings({ trust: { kind: 'authority', certificates: vcenter.authority } }),
    );

    expect(session.content.about.version).toBe('8.0.2');
  });

  test.each<[string, string, (vcenter: OddVcenter, other: OddVcenter) => Partial<VsphereSettings>]>([
    [
      'another thumbprint',
      'vsphere.certificate-changed',
      () => ({ trust: { kind: 'thumbprint', thumbprint: 'AB:'.repeat(31) + 'AB' } }),
    ],
    [
      'another thumbprint, SHA-1',
      'vsphere.certificate-changed',
      () => ({ trust: { kind: 'thumbprint', thumbprint: 'ab'.repeat(20) } }),
    ],
    [
      'another authority',
      'vsphere.certificate-unverified',
      (_it, other) => ({ trust: { kind: 'authority', certificates: other.authority } }),
    ],
  ])('is not proven by %s, and then nothing at all is sent', async (_what, code, changes) => {
    await using vcenter = await OddVcenter.start();
    await using other = await OddVcenter.start();
    const opening = VsphereSession.open(vcenter.settings(changes(vcenter, other)));

    await expect(opening).rejects.toMatchObject({ code });
    expect(vcenter.methods).toEqual([]);
  });

  test.each([
    ['is expired', { isExpired: true }],
    ['is made out to another name', { names: 'DNS:elsewhere.example' }],
  ])('is not proven by a certificate of the right authority that %s', async (_what, issued) => {
    await using vcenter = await OddVcenter.start(issued);
    const opening = VsphereSession.open(
      vcenter.settings({ trust: { kind: 'authority', certificates: vcenter.authority } }),
    );

    await expect(opening).rejects.toMatchObject({ code: 'vsphere.certificate-unverified' });
    expect(vcenter.methods).toEqual([]);
  });

  test.each<[string, string, Partial<VsphereSettings>]>([
    ['a thumbprint that is none', 'vsphere.thumbprint', { trust: { kind: 'thumbprint', thumbprint: 'AB:CD' } }],
    ['an authority that is none', 'vsphere.authority-unreadable', { trust: { kind: 'authority', certificates: 'x' } }],
    ['an address without TLS', 'vsphere.address', { address: 'http://127.0.0.1' }],
    ['an address with a password', 'vsphere.address', { address: 'https://u:p@127.0.0.1' }],
    ['no address', 'vsphere.address', { address: '' }],
  ])('cannot be asked with %s', async (_what, code, changes) => {
    await using vcenter = await OddVcenter.start();

    await expect(VsphereSession.open(vcenter.settings(changes))).rejects.toMatchObject({ code });
  });
});

describe('a vcenter that does not answer as it should', () => {
  const answers =
    (status: number, text: string | Buffer): OddVcenter['oddity'] =>
    (method, _request, response) => {
      if (method !== 'CurrentTime') return false;
      response.writeHead(status).end(text);
      return true;
    };
  test.each<[string, string, OddVcenter['oddity']]>([
    ['is still starting', 'vsphere.unavailable', answers(503, '503 Service Unavailable')],
    ['sends elsewhere', 'vsphere.unavailable', answers(302, '')],
    ['answers with a page', 'vsphere.bad-answer', answers(200, '<html><body>Welcome</body></html>')],
    [
      'answers with a document type',
      'vsphere.bad-answer',
      answers(200, `<!DOCTYPE x [<!ENTITY y "z">]>${envelope('')}`),
    ],
    ['answers with bytes that are no text', 'vsphere.bad-answer', answers(200, Buffer.from([0x3c, 0xff, 0xfe]))],
    ['answers with nothing', 'vsphere.bad-answer', answers(200, '')],
    [
      'answers without end',
      'vsphere.bad-answer',
      (method, _request, response) => {
        if (method !== 'CurrentTime') return false;
        const piece = Buffer.alloc(MiB, ' ');
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response.on('drain', more);
        more();
        return true;
      },
    ],
    [
      'hangs up',
      'vsphere.unreachable',
      (method, _request, response) => method === 'CurrentTime' && response.destroy() !== undefined,
    ],
    [
      'hangs up in mid-answer',
      'vsphere.unreachable',
      (method, _request, response) => {
        if (method !== 'CurrentTime') return false;
        response.writeHead(200, { 'content-length': '1000' });
        response.write('<', () => response.destroy());
        return true;
      },
    ],
    ['is silent', 'vsphere.unreachable', (method) => method === 'CurrentTime'],
    [
      'falls silent in mid-answer',
      'vsphere.unreachable',
      (method, _request, response) => method === 'CurrentTime' && (response.write('<'), true),
    ],
  ])('%s: %s', async (_what, code, oddity) => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    vcenter.oddity = oddity;

    await expect(session.call(NOW, { timeoutMs: code === 'vsphere.unreachable' ? 500 : 60_000 })).rejects.toMatchObject(
      { code },
    );
    vcenter.oddity = () => false;
    await expect(session.call(NOW)).resolves.toBeDefined();
  });

  test('is an ESXi host', async () => {
    await using vcenter = await OddVcenter.start();
    const about = '<about><apiType>HostAgent</apiType></about>';
    vcenter.oddity = (method, _request, response) => {
      if (method !== 'RetrieveServiceContent') return false;
      response.end(
        envelope(`<${method}Response xmlns="urn:vim25"><returnval>${about}</returnval></${method}Response>`),
      );
      return true;
    };

    await expect(VsphereSession.open(vcenter.settings())).rejects.toMatchObject({ code: 'vsphere.not-vcenter' });
  });

  test('accepts connections and says nothing: an error within the deadline', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using vcenter = await OddVcenter.start();
    const opening = VsphereSession.open(vcenter.settings({ address: `127.0.0.1:${port}`, callTimeoutMs: 300 }));

    // Its own deadline ends the call, not that of the handshake, which is much longer.
    const cause: unknown = expect.objectContaining({ name: 'TimeoutError' });
    await expect(opening).rejects.toMatchObject({ code: 'vsphere.unreachable', kind: 'upstream', cause });
    mute.close();
  });

  test('gives pages without end: refused, not read for ever', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    vcenter.oddity = (method, _request, response) => {
      const view = '<returnval type="ContainerView">v</returnval>';
      const page = '<returnval><token>again</token></returnval>';
      if (!/Create|Retrieve/.test(method) || method.startsWith('Cancel')) return false;
      const inner = method === 'CreateContainerView' ? view : page;
      response.end(envelope(`<${method}Response xmlns="urn:vim25">${inner}</${method}Response>`));
      return true;
    };

    await expect(readInventory(session)).rejects.toMatchObject({ code: 'vsphere.bad-answer' });
    expect(vcenter.methods.at(-1)).toBe('DestroyView');
  });
});

describe('the password', () => {
  const login =
    (answer: (request: string) => string): OddVcenter['oddity'] =>
    (method, request, response) => {
      if (method !== 'Login') return false;
      response.writeHead(500).end(answer(request));
      return true;
    };
  test('is what the search for it finds, where it is', () => {
    expect(allOf(new Error('x', { cause: { deep: [{ body: CANARY }] } }))).toContain('canary-9f');
  });

  test.each<[string, OddVcenter['oddity']]>([
    ['refuses it', login(() => faultOf('InvalidLogin', 'no'))],
    ['repeats it as reason', login((request) => faultOf('InvalidLogin', escaped(request)))],
    ['repeats it in a fault that nobody knows', login((request) => faultOf('Canary', escaped(request)))],
    ['repeats the request as it is', login((request) => request)],
    ['repeats it as a page', login((request) => `<html>${request}`)],
    ['hangs up', (method, _request, response) => method === 'Login' && response.destroy() !== undefined],
    ['is silent', (method) => method === 'Login'],
  ])('is in no error when the vcenter %s', async (_what, oddity) => {
    await using vcenter = await OddVcenter.start();
    vcenter.oddity = oddity;
    const settings = vcenter.settings({ password: new Secret(CANARY), callTimeoutMs: 500 });
    const thrown: unknown = await VsphereSession.open(settings).catch((error: unknown) => error);

    expect(vcenter.bodies.join()).toContain('canary-9f');
    expect(thrown).toMatchObject({ name: 'AppError' });
    expect(allOf(thrown)).not.toContain('canary-9f');
    expect(inspect(settings)).not.toContain('canary-9f');
  });

  test('that vcenter does not take any more is sent once, not with every call', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    vcenter.oddity = (method, _request, response) => {
      response.writeHead(500).end(faultOf(method === 'Login' ? 'InvalidLogin' : 'NotAuthenticated'));
      return true;
    };
    for (let count = 0; count < 3; count += 1) {
      await expect(session.call(NOW)).rejects.toMatchObject({ code: 'vsphere.invalid-login' });
    }

    expect(vcenter.methods.filter((method) => method === 'Login')).toHaveLength(2);
  });
});

describe('a session', () => {
  test('that ended is renewed by one login, however many calls find it ended at once', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    const calls = 8;
    const waiting: ServerResponse[] = [];
    let logins = 0;
    vcenter.oddity = (method, _request, response) => {
      if (method === 'Login') logins += 1;
      if (method !== 'CurrentTime' || logins > 0) return false;
      waiting.push(response);
      if (waiting.length === calls) for (const each of waiting) each.writeHead(500).end(faultOf('NotAuthenticated'));
      return true;
    };
    await Promise.all(Array.from({ length: calls }, () => session.call(NOW)));

    expect(logins).toBe(1);
  });

  test('that ends again at once is not renewed for ever', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    vcenter.oddity = (method, _request, response) => {
      if (method !== 'CurrentTime') return false;
      response.writeHead(500).end(faultOf('NotAuthenticated'));
      return true;
    };

    await expect(session.call(NOW)).rejects.toMatchObject({ code: 'vsphere.not-authenticated' });
    expect(vcenter.methods.filter((method) => method === 'CurrentTime')).toHaveLength(2);
  });

  test('is kept awake while nobody uses it', async () => {
    await using vcenter = await OddVcenter.start();
    await using _session = await VsphereSession.open(vcenter.settings({ keepAliveMs: 20 }));

    await until(() => vcenter.methods.filter((method) => method === 'CurrentTime').length >= 3, {
      withinMs: 30_000,
      what: 'three calls',
    });
  });

  test('logs out when it is closed, and then takes no calls', async () => {
    await using vcenter = await OddVcenter.start();
    const session = await VsphereSession.open(vcenter.settings());
    await session.close();
    await session.close();

    expect(vcenter.methods).toEqual(['RetrieveServiceContent', 'Login', 'Logout']);
    await expect(session.call(NOW)).rejects.toMatchObject({ code: 'vsphere.closed' });
  });

  test('gives the reason of whoever breaks a call off', async () => {
    await using vcenter = await OddVcenter.start();
    await using session = await VsphereSession.open(vcenter.settings());
    vcenter.oddity = (method) => method === 'CurrentTime';
    const control = new AbortController();
    const calling = session.call(NOW, { signal: control.signal });
    control.abort(new Error('of the caller'));

    await expect(calling).rejects.toThrow('of the caller');
  });
});

const escaped = (request: string): string => request.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
