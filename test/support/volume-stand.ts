import { randomUUID } from 'node:crypto';
import type { SimulatorSettings } from '../../src/lab/cloudstack/simulator.ts';
import { startTestCloud, type TestCloud } from './cloudstack.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { makeDaemon, type Operation, type TestDaemon } from './volume-daemon.ts';

type Row = Record<string, unknown>;

/** A volume daemon that runs, its database, and the simulated CloudStack whose volumes it has. Dispose it. */
export class VolumeStand implements AsyncDisposable {
  readonly database: TestDatabase;
  readonly cloud: TestCloud;
  readonly daemon: TestDaemon;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: Pick<VolumeStand, 'database' | 'cloud' | 'daemon'>, stack: AsyncDisposableStack) {
    ({ database: this.database, cloud: this.cloud, daemon: this.daemon } = parts);
    this.#stack = stack;
  }

  static async start(settings: Partial<SimulatorSettings> = {}): Promise<VolumeStand> {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await createTestDatabase());
    const cloud = stack.use(await startTestCloud(settings));
    const daemon = stack.use(await makeDaemon(cloud, database));
    await daemon.start();
    return new VolumeStand({ database, cloud, daemon }, stack.move());
  }

  /** One of a GiB, unless the columns of the request say otherwise. */
  create(columns: object = {}): Promise<Operation> {
    const { diskOffering, zone } = this.cloud.simulator.ids;
    const name = `vm-${randomUUID().slice(0, 8)}-disk-0`;
    const body = { name, size: 1024 ** 3, disk_offering_id: diskOffering, zone_id: zone, ...columns };
    return this.daemon.operation('POST', '/volumes', body);
  }

  /** @returns its id */
  async made(columns: object = {}): Promise<string> {
    return String((await this.create(columns)).volume_id);
  }

  act(volumeId: string, verb: string, body: object = {}): Promise<Operation> {
    return this.daemon.operation('POST', `/volumes/${volumeId}/${verb}`, body);
  }

  /** To the appliance, unless another VM is named. */
  attach(volumeId: string, vmId = this.cloud.simulator.ids.omaVm): Promise<Operation> {
    return this.act(volumeId, 'attach', { vm_id: vmId });
  }

  detach(volumeId: string): Promise<Operation> {
    return this.act(volumeId, 'detach');
  }

  remove(volumeId: string): Promise<Operation> {
    return this.daemon.operation('DELETE', `/volumes/${volumeId}`);
  }

  async volumeRow(volumeId: string): Promise<Row | undefined> {
    return (await this.database.knex('ossea_volumes').where({ volume_id: volumeId }).select<Row[]>())[0];
  }

  async mappingRow(volumeId: string): Promise<Row | undefined> {
    return (await this.database.knex('device_mappings').where({ volume_uuid: volumeId }).select<Row[]>())[0];
  }

  inCloud(volumeId: string): { readonly vmId: string | null; readonly sizeBytes: number } | undefined {
    return this.cloud.simulator.world.volumes.find((volume) => volume.id === volumeId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
