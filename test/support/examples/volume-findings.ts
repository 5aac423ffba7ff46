import { randomUUID } from 'node:crypto';
import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS } from '../../../src/api/cloud/refusals.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { volumeNameOf } from '../../../src/domain/volume-findings.ts';
import type { CloudStand } from '../cloud-stand.ts';
import type { Example, Examples, Request, World } from './example.ts';

interface Found {
  readonly kind?: string;
  readonly looks?: number;
  /** Left out: there is none. */
  readonly inCloud?: boolean;
  readonly contextId?: string | null;
  readonly diskId?: string | null;
  readonly name?: string;
}

function standOf(world: World): CloudStand {
  if (world.cloud === undefined) throw new Error('this example needs the state "a cloud"');
  return world.cloud;
}

/** A finding, about a volume that is in the cloud or not. @returns its id */
async function found(world: World, of: Found = {}): Promise<string> {
  const { kind = 'orphan', looks = 2, inCloud = true, contextId = null, diskId = null } = of;
  const { cloud } = standOf(world);
  const name = of.name ?? `migration-${randomUUID()}`;
  const { zone: zoneId, diskOffering: diskOfferingId } = cloud.simulator.ids;
  const wanted = { name, zoneId, diskOfferingId, sizeBytes: 200 * 1024 ** 3 };
  const volumeId = inCloud ? (await createVolume(cloud.client, wanted)).id : randomUUID();
  const [config] = await world.api.db('ossea_configs').where({ is_active: 1 }).select<{ id: number }[]>('id');
  const now = world.api.db.raw('now(3)');
  await world.api.db('volume_findings').insert({
    volume_id: volumeId,
    kind,
    ossea_config_id: config?.id,
    vm_context_id: contextId,
    name,
    text: 'found',
    details: JSON.stringify({ disk_id: diskId }),
    looks,
    first_seen_at: now,
    last_seen_at: now,
  });
  return volumeId;
}

/** An orphan of the first disk of a VM whose job waits, or has ended. @returns its id */
async function ofDisk(world: World, { isBusy = false, change = {} } = {}): Promise<string> {
  const contextId = await world.vm();
  await (isBusy ? world.replication(contextId) : world.cancelled(contextId));
  const disks = world.api.db('vm_disks').where({ vm_context_id: contextId });
  if (Object.keys(change).length > 0) await disks.clone().update(change);
  const [disk] = await disks.clone().select<{ disk_id: string }[]>('disk_id');
  const diskId = disk?.disk_id ?? '';
  return found(world, { contextId, diskId, name: volumeNameOf(contextId, diskId) });
}

const asked = (volumeId: string): Request => ({ params: { volume_id: volumeId } });

async function edited(world: World, change: Record<string, unknown>): Promise<string> {
  const volumeId = await found(world);
  standOf(world).cloud.simulator.edit((rows) => {
    for (const volume of rows.volumes) if (volume.id === volumeId) Object.assign(volume, change);
  });
  return volumeId;
}

const both = (): Example[] => {
  const there = (code: string, make: (world: World) => Promise<string>): Example => ({
    status: 409,
    code,
    when: 'a cloud',
    ask: async (world) => asked(await make(world)),
  });
  return [
    { status: 404, code: 'volume-finding.unknown', ask: () => asked('nobody') },
    there('volume-finding.wrong-kind', (world) => found(world, { kind: 'other-size' })),
    there('volume-finding.not-confirmed', (world) => found(world, { looks: 1 })),
    there('volume.attached', (world) => edited(world, { vmId: standOf(world).cloud.simulator.ids.omaVm })),
    there('volume.renamed', (world) => edited(world, { name: 'data-17' })),
  ];
};

export const volumeFindingExamples: Examples = {
  'GET /volumes': [{ status: 200, ask: () => ({}) }],
  'GET /volumes/operations': [{ status: 200, ask: () => ({}) }],
  'GET /volumes/findings': [{ status: 200, ask: () => ({}) }],
  'POST /volumes/findings/{volume_id}/adopt': [
    {
      status: 200,
      when: 'a cloud',
      ask: async (world) => asked(world.cloud === undefined ? 'nobody' : await ofDisk(world)),
    },
    ...both(),
    {
      status: 409,
      code: 'volume.gone',
      when: 'a cloud',
      ask: async (world) => asked(await found(world, { inCloud: false })),
    },
    { status: 409, code: 'volume.no-disk', when: 'a cloud', ask: async (world) => asked(await found(world)) },
    {
      status: 409,
      code: 'volume.disk-has-volume',
      when: 'a cloud',
      ask: async (world) => asked(await found(world, { contextId: await world.vm(), diskId: 'no-disk' })),
    },
    {
      status: 409,
      code: 'volume.context-busy',
      when: 'a cloud',
      ask: async (world) => asked(await ofDisk(world, { isBusy: true })),
    },
    {
      status: 409,
      code: 'volume.too-small',
      when: 'a cloud',
      ask: async (world) => asked(await ofDisk(world, { change: { capacity_bytes: 900 * 1024 ** 3 } })),
    },
  ],
  'POST /volumes/findings/{volume_id}/remove': [
    {
      status: 202,
      when: 'a cloud',
      ask: async (world) => asked(world.cloud === undefined ? 'nobody' : await found(world)),
    },
    ...both(),
    {
      status: 409,
      code: 'volume.back',
      when: 'a cloud',
      ask: async (world) => asked(await found(world, { kind: 'gone' })),
    },
    {
      status: 409,
      code: 'volume-finding.unconfirmed-name',
      when: 'a cloud',
      ask: async (world) => asked(await found(world, { kind: 'unknown-context' })),
    },
  ],
};

const ROUTES = ['POST /volumes/findings/{volume_id}/adopt', 'POST /volumes/findings/{volume_id}/remove'];
const FAULTS = 'the same way to the cloud as of other routes: test/integration/api/cloud-faults.test.ts';

/** What only a CloudStack can say, or the configuration that names it. */
export const VOLUMES_SHOWN_ELSEWHERE: Readonly<Record<string, string>> = Object.fromEntries([
  ['POST /volumes/findings/{volume_id}/adopt 409 volume.other-cloud', 'test/integration/volumes/findings.test.ts'],
  ...ROUTES.flatMap((route) => [
    ...[...CLOUD_REFUSALS, ...STORED_CLOUD_REFUSALS].flatMap(({ status, codes }) =>
      codes.map((code) => [`${route} ${status} ${code}`, FAULTS] as const),
    ),
    [`${route} 409 volume.in-work`, 'needs a job of the cloud that is under way'] as const,
  ]),
]);
