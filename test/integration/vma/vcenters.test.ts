import { afterEach, describe, expect, test } from '@jest/globals';
import { SERVICE_INSTANCE } from '../../../src/vsphere/service-content.ts';
import type { VsphereSession } from '../../../src/vsphere/session.ts';
import type { VcenterAccess } from '../../../src/vma/contract.ts';
import { Vcenters, type VcentersOptions } from '../../../src/vma/vcenter/vcenters.ts';
import { envelope, faultOf, OddVcenter } from '../../support/odd-vcenter.ts';
import { until } from '../../support/vma-stand.ts';

const pools: Vcenters[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function poolOf(options?: VcentersOptions): Vcenters {
  const pool = new Vcenters(options);
  pools.push(pool);
  return pool;
}

const accessTo = (vcenter: OddVcenter, changes: Partial<VcenterAccess> = {}): VcenterAccess => ({
  vcenter: `https://127.0.0.1:${vcenter.port}`,
  username: 'user@vsphere.local',
  password: 'a-password',
  thumbprint: vcenter.thumbprint,
  ...changes,
});

const askTime = async (session: VsphereSession): Promise<void> => {
  await session.call({ method: 'CurrentTime', target: SERVICE_INSTANCE, parts: [] });
};
const logins = (vcenter: OddVcenter): number => vcenter.methods.filter((method) => method === 'Login').length;

describe('sessions at vcenters', () => {
  test('are shared by all who ask with the same access', async () => {
    await using vcenter = await OddVcenter.start();
    const pool = poolOf();
    const access = accessTo(vcenter);
    await Promise.all([1, 2, 3].map(() => pool.use(access, askTime)));
    await pool.use({ ...access }, askTime);

    expect(vcenter.methods.toSorted()).toEqual(
      ['CurrentTime', 'CurrentTime', 'CurrentTime', 'CurrentTime', 'Login', 'RetrieveServiceContent'].toSorted(),
    );
  });

  test.each<[string, (vcenter: OddVcenter) => Partial<VcenterAccess>]>([
    ['password', () => ({ password: 'another' })],
    ['account', () => ({ username: 'another@vsphere.local' })],
    ['proof', (vcenter) => ({ thumbprint: null, ca: vcenter.authority })],
  ])('are not shared with another %s', async (_what, changes) => {
    await using vcenter = await OddVcenter.start();
    const pool = poolOf();
    await pool.use(accessTo(vcenter), askTime);
    await pool.use(accessTo(vcenter, changes(vcenter)), askTime);

    expect(logins(vcenter)).toBe(2);
  });

  test('are ended when nobody uses them for a while, and made again', async () => {
    await using vcenter = await OddVcenter.start();
    await using other = await OddVcenter.start();
    const pool = poolOf({ idleMs: 20 });
    await pool.use(accessTo(vcenter), async (session) => {
      await askTime(session);
      // This one is in use for as long as another one was idle, and more.
      await pool.use(accessTo(other), askTime);
      await until(() => other.methods.includes('Logout'));
      await askTime(session);
    });
    await until(() => vcenter.methods.includes('Logout'));
    await pool.use(accessTo(vcenter), askTime);

    expect(vcenter.methods.slice(0, 6)).toEqual([
      'RetrieveServiceContent',
      'Login',
      'CurrentTime',
      'CurrentTime',
      'Logout',
      'RetrieveServiceContent',
    ]);
  });

  test('are logged out when the pool is closed, and there is no other afterwards', async () => {
    await using vcenter = await OddVcenter.start();
    const pool = poolOf();
    await pool.use(accessTo(vcenter), askTime);
    await pool.close();

    expect(vcenter.methods.at(-1)).toBe('Logout');
    await expect(pool.use(accessTo(vcenter), askTime)).rejects.toMatchObject({ code: 'vsphere.closed' });
  });

  test('that are being opened do not hold up the end', async () => {
    await using vcenter = await OddVcenter.start();
    vcenter.oddity = () => true;
    const pool = poolOf();
    const use = pool.use(accessTo(vcenter), askTime);
    await until(() => vcenter.methods.length > 0);
    await Promise.all([pool.close(), expect(use).rejects.toMatchObject({ code: 'vsphere.closed' })]);
  });

  test('serve the others when one gives up while they are opened', async () => {
    await using vcenter = await OddVcenter.start();
    const pool = poolOf();
    let goOn = (): void => undefined;
    vcenter.oddity = (method, _request, response) => {
      if (method !== 'Login') return false;
      goOn = () => response.end(envelope('<LoginResponse xmlns="urn:vim25"><returnval/></LoginResponse>'));
      return true;
    };
    const abort = new AbortController();
    const impatient = pool.use(accessTo(vcenter), askTime, { signal: abort.signal });
    const patient = pool.use(accessTo(vcenter), askTime);
    await until(() => logins(vcenter) === 1);
    abort.abort(new Error('not any more'));
    await expect(impatient).rejects.toThrow('not any more');
    goOn();

    await expect(patient).resolves.toBeUndefined();
    expect(logins(vcenter)).toBe(1);
  });
});

describe('a login that is refused', () => {
  const refuse: OddVcenter['oddity'] = (method, _request, response) => {
    if (method !== 'Login') return false;
    response.statusCode = 500;
    response.end(faultOf('InvalidLogin'));
    return true;
  };

  test('is not tried again for a while, so that the account is not locked', async () => {
    await using vcenter = await OddVcenter.start();
    vcenter.oddity = refuse;
    const pool = poolOf();
    for (let i = 0; i < 6; i += 1) {
      await expect(pool.use(accessTo(vcenter), askTime)).rejects.toMatchObject({
        code: 'vsphere.invalid-login',
        kind: 'not-allowed',
      });
    }
    expect(logins(vcenter)).toBe(1);
    vcenter.oddity = () => false;

    await expect(pool.use(accessTo(vcenter, { password: 'the right one' }), askTime)).resolves.toBeUndefined();
  });

  test('is tried again after it', async () => {
    await using vcenter = await OddVcenter.start();
    vcenter.oddity = refuse;
    const pool = poolOf({ refusalMs: 30 });
    await expect(pool.use(accessTo(vcenter), askTime)).rejects.toMatchObject({ code: 'vsphere.invalid-login' });
    vcenter.oddity = () => false;

    await until(async () => {
      await pool.use(accessTo(vcenter), askTime).catch(() => undefined);
      return vcenter.methods.includes('CurrentTime');
    });
    expect(logins(vcenter)).toBe(2);
  });

  test('in the midst of a session ends it for good: the next use has a new one', async () => {
    await using vcenter = await OddVcenter.start();
    const pool = poolOf({ refusalMs: 0 });
    await pool.use(accessTo(vcenter), askTime);
    let isEnded = true;
    vcenter.oddity = (method, request, response) => {
      if (isEnded && method === 'CurrentTime') {
        response.statusCode = 500;
        response.end(faultOf('NotAuthenticated'));
        return true;
      }
      return refuse(method, request, response);
    };
    await expect(pool.use(accessTo(vcenter), askTime)).rejects.toMatchObject({ code: 'vsphere.invalid-login' });
    isEnded = false;
    vcenter.oddity = () => false;

    await expect(pool.use(accessTo(vcenter), askTime)).resolves.toBeUndefined();
    expect(logins(vcenter)).toBe(3);
  });
});

describe('a vcenter that nothing is known of', () => {
  test('must be proven by an authority of the system; what it shows is said', async () => {
    await using vcenter = await OddVcenter.start();
    const use = poolOf().use(accessTo(vcenter, { thumbprint: null }), askTime);

    await expect(use).rejects.toMatchObject({
      code: 'vsphere.certificate-unverified',
      message: expect.stringContaining(vcenter.thumbprint),
    });
    expect(vcenter.methods).toEqual([]);
  });
});
