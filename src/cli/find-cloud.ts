import { notFound } from '../base/errors.ts';
import type { Api } from './client/api.ts';
import type { CloudConfig } from './client/cloud-answers.ts';

/** The configurations of CloudStack, by name. */
export const allClouds = async (api: Api): Promise<readonly CloudConfig[]> =>
  (await api.cloudConfig({ action: 'get' })).configs ?? [];

/** By its name, in upper or lower case, or by its number; undefined when there is none. */
export async function cloudCalled(api: Api, name: string): Promise<CloudConfig | undefined> {
  const clouds = await allClouds(api);
  return (
    clouds.find((one) => one.name.toLowerCase() === name.toLowerCase()) ?? clouds.find((one) => String(one.id) === name)
  );
}

/** @throws notFound `ossea-config.unknown` */
export async function findCloud(api: Api, name: string): Promise<CloudConfig> {
  const found = await cloudCalled(api, name);
  if (found !== undefined) return found;
  throw notFound('ossea-config.unknown', `there is no CloudStack configuration called ${name}`, {
    hint: 'migratekit cloud lists them; migratekit cloud configure saves one',
  });
}

/** As requests name it; 0, the active one, where none is named. @throws notFound `ossea-config.unknown` */
export const cloudId = async (api: Api, name: string | undefined): Promise<number> =>
  name === undefined ? 0 : (await findCloud(api, name)).id;
