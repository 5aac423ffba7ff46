import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { readInventory } from '../../../src/vsphere/inventory/inventory.ts';
import { retrieveProperties, withContainerView } from '../../../src/vsphere/property-collector.ts';
import { VsphereSession, type Caller } from '../../../src/vsphere/session.ts';
import { SERVICE_INSTANCE } from '../../../src/vsphere/service-content.ts';
import { flag, reference, structure, text, texts, type Request } from '../../../src/vsphere/soap/write.ts';
import type { XmlElement } from '../../../src/vsphere/soap/xml.ts';
import { BUILD_TIMEOUT_MS, Vcsim } from '../../support/vcsim.ts';

const PASSWORD = 'pass&word <"é">';
const NOW: Request = { method: 'CurrentTime', target: SERVICE_INSTANCE, parts: [] };

let vcsim: Vcsim;
beforeAll(async () => {
  vcsim = await Vcsim.start({ password: PASSWORD });
}, BUILD_TIMEOUT_MS);
afterAll(() => vcsim[Symbol.asyncDispose]());

/** Ends all sessions but its own, as an administrator does it. */
async function endAllSessions(): Promise<void> {
  await using admin = await VsphereSession.open(vcsim.settings());
  const { propertyCollector, sessionManager } = admin.content;
  const spec = structure('specSet', [
    structure('propSet', [
      text('type', 'SessionManager'),
      flag('all', false),
      ...texts('pathSet', ['sessionList', 'currentSession']),
    ]),
    structure('objectSet', [reference('obj', sessionManager)]),
  ]);
  const found = await admin.call({
    method: 'RetrievePropertiesEx',
    target: propertyCollector,
    parts: [spec, structure('options', [])],
  });
  const keys = all(found, 'key');
  const own = all(found, 'propSet').find((property) => property.children[0]?.text === 'currentSession');
  const ownKey = own === undefined ? undefined : all(own, 'key')[0]?.text;
  const others = [...new Set(keys.map((key) => key.text))].filter((key) => key !== ownKey);
  await admin.call({ method: 'TerminateSession', target: sessionManager, parts: texts('sessionId', others) });
}

function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((each) => (each.name === name ? [each, ...all(each, name)] : all(each, name)));
}

describe('a session at a foreign vcenter', () => {
  test.each([
    ['SHA-256', () => vcsim.certificate.fingerprint256],
    ['SHA-1', () => vcsim.certificate.fingerprint],
  ])('opens, by the %s of its certificate', async (_what, thumbprint) => {
    await using session = await VsphereSession.open(
      vcsim.settings({ trust: { kind: 'thumbprint', thumbprint: thumbprint() } }),
    );

    expect(session.content.about.instanceUuid).toMatch(/^[0-9a-f-]{36}$/);
    await expect(session.call(NOW)).resolves.toMatchObject({ name: 'CurrentTimeResponse' });
  });

  test('opens, by the authority of its certificate', async () => {
    const trust = { kind: 'authority', certificates: vcsim.authority } as const;
    await using session = await VsphereSession.open(vcsim.settings({ trust }));

    expect(session.content.about.fullName).toContain('vCenter');
  });

  test.each([
    ['password', { password: new Secret('wrong') }],
    ['user', { username: 'nobody' }],
  ])('does not open with a wrong %s', async (_what, changes) => {
    await expect(VsphereSession.open(vcsim.settings(changes))).rejects.toMatchObject({
      code: 'vsphere.invalid-login',
      kind: 'not-allowed',
      hint: expect.stringContaining('password'),
    });
  });

  test('does not open where the certificate is another one', async () => {
    const trust = { kind: 'thumbprint', thumbprint: '00'.repeat(20) } as const;

    await expect(VsphereSession.open(vcsim.settings({ trust }))).rejects.toMatchObject({
      code: 'vsphere.certificate-changed',
      details: { thumbprint: vcsim.certificate.fingerprint },
    });
  });

  test('that an administrator ended is renewed by the next call', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    await endAllSessions();

    await expect(session.call(NOW)).resolves.toMatchObject({ name: 'CurrentTimeResponse' });
  });

  test('says which object does not exist', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    const target = { type: 'VirtualMachine', id: 'vm-99999' };

    await expect(session.call({ method: 'ShutdownGuest', target, parts: [] })).rejects.toMatchObject({
      code: 'vsphere.not-found',
      details: { obj: 'vm-99999' },
    });
  });

  test('says which method does not exist', async () => {
    await using session = await VsphereSession.open(vcsim.settings());

    await expect(session.call({ method: 'Nonsense', target: SERVICE_INSTANCE, parts: [] })).rejects.toMatchObject({
      kind: expect.any(String),
    });
  });

  test('is an error within the deadline while the vcenter is stopped, and goes on afterwards', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    await vcsim.freeze();
    try {
      await expect(session.call(NOW, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'vsphere.unreachable' });
      await expect(VsphereSession.open(vcsim.settings({ callTimeoutMs: 300 }))).rejects.toMatchObject({
        code: 'vsphere.unreachable',
      });
    } finally {
      vcsim.thaw();
    }

    await expect(session.call(NOW)).resolves.toBeDefined();
  });

  test('is refused by a port where nobody listens', async () => {
    const opening = VsphereSession.open(vcsim.settings({ address: '127.0.0.1:1' }));

    await expect(opening).rejects.toMatchObject({ code: 'vsphere.unreachable', hint: expect.any(String) });
  });
});

describe('the inventory of a foreign vcenter', () => {
  test('has everything about a VM', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    const inventory = await readInventory(session);
    const vm = inventory.virtualMachines.find(({ name }) => name.startsWith('a'));

    expect(inventory.vcenterInstanceUuid).toBe(session.content.about.instanceUuid);
    expect(vm).toMatchObject({
      ref: { type: 'VirtualMachine', id: expect.stringMatching(/^vm-\d+$/) },
      name: 'a/b & <c>',
      location: { path: '/DC0/vm/a%2fb & <c>', folderPath: '/DC0/vm', datacenter: 'DC0' },
      instanceUuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      biosUuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      cpuCount: 1,
      memoryMib: 32,
      guestId: 'otherGuest',
      firmware: 'efi',
      isSecureBoot: undefined,
      powerState: 'poweredOn',
      annotation: 'line 1\r\n\tline "2" ]]> &amp; é💾',
      isTemplate: false,
      changeTracking: { isEnabled: true },
      tools: { runningStatus: 'guestToolsNotRunning' },
      snapshots: [
        { name: 'first', description: 'of two', isCurrent: false, parent: undefined },
        { name: 'second', isCurrent: true, parent: { type: 'VirtualMachineSnapshot' } },
      ],
      networkAdapters: [
        {
          networkKind: 'distributed',
          networkName: 'DC0_DVPG0',
          adapterType: 'e1000',
          isConnected: expect.any(Boolean),
        },
      ],
      unreadable: [],
    });
    expect(vm?.disks).toMatchObject([
      {
        capacityBytes: expect.any(Number),
        address: 'scsi0:0',
        backing: {
          mode: 'persistent',
          provisioning: 'thin',
          fileName: expect.stringMatching(/^\[LocalDS_0\] .*\.vmdk$/),
        },
      },
    ]);
    expect(inventory.datastoreNames.get(vm?.disks[0]?.backing.datastore?.id ?? '')).toBe('LocalDS_0');
    expect(inventory.virtualMachines).toHaveLength(4);
  });

  test.each([1, 2, 3, 7, 1000])('is the same in pages of %d objects', async (maxObjects) => {
    await using session = await VsphereSession.open(vcsim.settings());

    expect(await readInventory(session, { maxObjects })).toEqual(await readInventory(session));
  });

  test('is read anew when the session ends between two pages', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    let runs = 0;
    const names = await session.within(async (caller) => {
      runs += 1;
      return withContainerView(caller, ['VirtualMachine'], async (view) => {
        const found: string[] = [];
        const specs = [{ type: 'VirtualMachine', paths: ['name'] }];
        for await (const { properties } of retrieveProperties(caller, { view, specs, maxObjects: 2 })) {
          found.push(properties.get('name')?.text ?? '');
          if (runs === 1 && found.length === 2) await endAllSessions();
        }
        return found;
      });
    });

    expect(runs).toBe(2);
    expect(new Set(names).size).toBe(4);
  });

  test('ends a retrieval at the server that is given up', async () => {
    await using session = await VsphereSession.open(vcsim.settings());
    const methods: string[] = [];
    await session.within(async (vcenter) => {
      const caller = recording(vcenter, methods);
      await withContainerView(caller, ['VirtualMachine'], async (view) => {
        const specs = [{ type: 'VirtualMachine', paths: ['name'] }];
        for await (const _first of retrieveProperties(caller, { view, specs, maxObjects: 1 })) break;
      });
    });

    expect(methods).toEqual([
      'CreateContainerView',
      'RetrievePropertiesEx',
      'CancelRetrievePropertiesEx',
      'DestroyView',
    ]);
  });
});

describe('an inventory of hundreds', () => {
  test('is a handful of calls', async () => {
    await using large = await Vcsim.start({ password: PASSWORD, machines: 250 });
    await using session = await VsphereSession.open(large.settings());
    const methods: string[] = [];
    const inventory = await readInventory({
      within: (work, options) => session.within((vcenter) => work(recording(vcenter, methods)), options),
    });

    expect(new Set(inventory.virtualMachines.map((vm) => vm.location?.path)).size).toBe(500);
    // Two views, a page of what surrounds the VMs, and three pages of VMs.
    expect(methods).toHaveLength(2 + 1 + 3 + 2);
  });
});

/** Notes down the methods that it calls. */
function recording(vcenter: Caller, methods: string[]): Caller {
  return {
    content: vcenter.content,
    call(request, options) {
      methods.push(request.method);
      return vcenter.call(request, options);
    },
  };
}
