import { join } from 'node:path';
import { readEnv } from '../config/env.ts';
import { toConfig } from '../config/config.ts';
import { inTransaction, openDatabase, type Knex } from '../db/knex.ts';
import { openSecretBox } from '../db/secret-box.ts';
import { mapNetworkOfAll } from '../db/stores/network-mapping-store.ts';
import { saveOsseaConfig } from '../db/stores/ossea-config-record-store.ts';
import { startCloudStackSimulator, type CloudStackSimulator } from './cloudstack/simulator.ts';
import { cloudStackDirOf, type ConsoleTextAccess } from './environment.ts';

/** The lab's CloudStack, and the rows that an operator would make to use it. */

/** Slow enough to be seen, quick enough to be waited for. */
const JOB_DELAY_MS = 100;

/** With `guests` VMs that are started really boot. */
export const startCloud = (dir: string, { guests }: { readonly guests: boolean }): Promise<CloudStackSimulator> =>
  startCloudStackSimulator({ dir: cloudStackDirOf(dir), jobDelayMs: JOB_DELAY_MS, guests });

/** Where the text on the consoles of its guests is read. */
export const consoleTextOf = ({ controlUrl, controlToken }: CloudStackSimulator): ConsoleTextAccess => ({
  urlTemplate: `${controlUrl}/vms/{vm_id}/console`,
  token: controlToken.reveal(),
});

/** Of the first OMA VM. */
export const omaMacsOf = ({ world, ids }: CloudStackSimulator): string[] =>
  world.vms.filter(({ id }) => id === ids.omaVm).flatMap(({ nics }) => nics.map(({ macAddress }) => macAddress));

/** The file behind a volume of the lab's CloudStack. */
export const cloudVolumeFile = (dir: string, volumeId: string): string =>
  join(cloudStackDirOf(dir), 'volumes', `${volumeId}.raw`);

const SOURCE_NETWORK = 'VM Network';

/** Configures the CloudStack, its keys sealed, as the settings page would. Doing it twice changes nothing. */
export async function configureCloud(env: Readonly<Record<string, string>>, cloud: CloudStackSimulator): Promise<void> {
  const config = toConfig(readEnv(env));
  const db = openDatabase(config.database);
  try {
    await saveOsseaConfig(db, openSecretBox(config), {
      name: 'lab',
      apiUrl: cloud.endpoint,
      apiKey: cloud.apiKey,
      secretKey: cloud.secretKey,
      zone: cloud.ids.zone,
      domain: null,
      templateId: cloud.ids.template,
      networkId: cloud.ids.liveNetwork,
      serviceOfferingId: cloud.ids.customServiceOffering,
      diskOfferingId: cloud.ids.diskOffering,
      omaVmId: cloud.ids.omaVm,
    });
  } finally {
    await db.destroy();
  }
}

/** Maps the source network of every VM of the inventory to a live and a test network. */
export async function mapNetworks(env: Readonly<Record<string, string>>, cloud: CloudStackSimulator): Promise<void> {
  const db = openDatabase(toConfig(readEnv(env)).database);
  try {
    const { liveNetwork, testNetwork } = cloud.ids;
    const nameOf = (id: string): string => cloud.world.networks.find((network) => network.id === id)?.name ?? id;
    const ways = [
      { destinationId: liveNetwork, destinationName: nameOf(liveNetwork), isTest: false },
      { destinationId: testNetwork, destinationName: nameOf(testNetwork), isTest: true },
    ];
    const map = async (trx: Knex.Transaction): Promise<void> => {
      for (const way of ways) await mapNetworkOfAll(trx, { ...way, sourceNetwork: SOURCE_NETWORK });
    };
    await inTransaction(db, map, { idempotent: true });
  } finally {
    await db.destroy();
  }
}
