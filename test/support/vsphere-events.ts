import { open } from 'node:fs/promises';
import { KiB } from '../../src/base/units.ts';
import type { Fault } from '../../src/lab/vcenter/faults.ts';
import { noise } from './nbd-servers.ts';
import type { Random } from './random.ts';
import type { VsphereStand, VsphereVm } from './vsphere-stand.ts';

/** What happens to a VM, and to its vCenter, besides our cycles. */

export interface Scene {
  readonly lab: VsphereStand;
  readonly vm: VsphereVm;
  readonly random: Random;
}

/** @returns what happened, for people; undefined: it could not */
type Event = (scene: Scene) => Promise<string | undefined>;

const keyOf = ({ lab, vm, random }: Scene): number => random.of(lab.control.vm(vm.name).disks).key;

export const write: Event = async (scene) => {
  const { lab, vm, random } = scene;
  const key = keyOf(scene);
  const { capacityBytes } = lab.control.disk(vm.name, key);
  const length = random.between(1, random.of([100, 5000, 200 * KiB]));
  const offset = random.between(0, capacityBytes - length);
  const isZero = random.chance(0.2);
  await vm.write(key, offset, isZero ? Buffer.alloc(length) : noise(length, random.between(1, 1e9)));
  return `${isZero ? 'zeros' : 'write'} ${key} ${offset}+${length}`;
};

const foreign = ({ lab, vm }: Scene): string[] =>
  lab.control
    .vm(vm.name)
    .snapshots.filter(({ description }) => !description.startsWith('migratekit/'))
    .map(({ id }) => id);

const takeSnapshot: Event = async (scene) => {
  if (foreign(scene).length > 1) return undefined;
  return `foreign ${(await scene.lab.control.snapshot(scene.vm.name, { name: 'somebody' })).id}`;
};

const dropSnapshot: Event = async (scene) => {
  const [id] = foreign(scene);
  if (id === undefined) return undefined;
  await scene.lab.control.removeSnapshot(scene.vm.name, id);
  return `foreign ${id} removed`;
};

export const revert: Event = async (scene) => {
  const ids = foreign(scene);
  if (ids.length === 0) return undefined;
  const id = scene.random.of(ids);
  await scene.lab.control.revert(scene.vm.name, id);
  return `reverted to ${id}`;
};

/** A whole visit: nothing of it is there any more when the next cycle looks. */
const visit: Event = async (scene) => {
  const { id } = await scene.lab.control.snapshot(scene.vm.name, { name: 'somebody' });
  const done = [`foreign ${id}`, await write(scene)];
  if (scene.random.chance(0.7)) {
    await scene.lab.control.revert(scene.vm.name, id);
    done.push('reverted', scene.random.chance(0.5) ? await write(scene) : undefined);
  }
  await scene.lab.control.removeSnapshot(scene.vm.name, id);
  return [...done, 'removed'].filter((one) => one !== undefined).join(', ');
};

const grow: Event = async (scene) => {
  const { lab, vm, random } = scene;
  if (lab.control.vm(vm.name).snapshots.length > 0) return undefined;
  const key = keyOf(scene);
  const capacityBytes = lab.control.disk(vm.name, key).capacityBytes + 512 * random.between(1, 1500);
  await lab.control.grow(vm.name, key, capacityBytes);
  return `grown ${key} to ${capacityBytes}`;
};

const damage: Event = async (scene) => {
  const how = scene.random.of(['new-lineage', 'file-fault'] as const);
  const key = keyOf(scene);
  await scene.lab.control.damageTracking(scene.vm.name, key, how);
  return `${how} ${key}`;
};

const switchOff: Event = async ({ lab, vm }) => {
  lab.control.edit(vm.name, (row) => {
    row.isTrackingEnabled = false;
    for (const disk of row.disks) disk.tracking = null;
  });
  return Promise.resolve('tracking off');
};

const move: Event = async ({ lab, vm, random }) => {
  const folder = `moved-${random.between(1, 1000)}`;
  lab.control.edit(vm.name, (row) => {
    for (const disk of row.disks) disk.fileName = disk.fileName.replace(/\] .*\//, `] ${folder}/`);
  });
  return Promise.resolve(`moved to ${folder}`);
};

const replace: Event = async (scene) => {
  const { lab, vm } = scene;
  if (lab.control.vm(vm.name).snapshots.length > 0) return undefined;
  const key = keyOf(scene);
  const { capacityBytes } = lab.control.disk(vm.name, key);
  await lab.control.replaceDisk(vm.name, key, { capacityBytes });
  return `another disk at ${key}`;
};

/** A failover, say: the target is written by somebody who notes it. */
const scribble: Event = async ({ lab, vm, random }) => {
  const [path] = await vm.targetPaths();
  if (path === undefined) return undefined;
  await lab.stand
    .db('vm_disks')
    .where({ vm_context_id: await vm.contextId() })
    .increment('target_generation', 1);
  await using file = await open(path, 'r+');
  await file.write(noise(3000, 7), 0, 3000, random.between(0, 500 * KiB));
  return 'target written by somebody';
};

const FAULTS: readonly Fault[] = [
  ...(
    ['areas-misplaced', 'areas-overlapping', 'areas-short', 'areas-outside', 'areas-empty', 'drop-after'] as const
  ).map((kind) => ({ method: 'QueryChangedDiskAreas', kind })),
  { method: 'QueryChangedDiskAreas', kind: 'fault', fault: 'FileFault' },
  { method: 'QueryChangedDiskAreas', kind: 'fault', fault: 'InvalidArgument' },
  { method: 'QueryChangedDiskAreas', kind: 'fault', fault: 'NotAuthenticated' },
  { method: 'CreateSnapshot_Task', kind: 'drop-before' },
  { method: 'CreateSnapshot_Task', kind: 'drop-after' },
  { method: 'CreateSnapshot_Task', kind: 'task-fault-after-effect', fault: 'SystemError' },
  { method: 'CreateSnapshot_Task', kind: 'task-quiesce-fails' },
  { method: 'RemoveSnapshot_Task', kind: 'drop-after' },
  { method: 'RemoveSnapshot_Task', kind: 'task-fault', fault: 'TaskInProgress' },
  { method: 'RemoveSnapshot_Task', kind: 'task-consolidation-needed' },
  { method: 'RetrievePropertiesEx', kind: 'drop-after' },
  { method: '*', kind: 'http', status: 503, contentType: 'text/plain', body: 'busy' },
];

export const strike: Event = async ({ lab, random }) => {
  const fault = random.of(FAULTS);
  lab.control.faults.add(fault);
  return Promise.resolve(`fault ${fault.method} ${fault.kind}`);
};

export const expire: Event = async ({ lab }) => {
  lab.control.expireSessions();
  return Promise.resolve('sessions expired');
};

export const removeOurs: Event = async ({ lab, vm }) => {
  const [id] = vm.leftSnapshots();
  // Before, the VMA waits for minutes for a disk that cannot be served.
  const isCopied = (await vm.disks()).some((disk) => disk.sync_status === 'syncing');
  if (id === undefined || !isCopied) return undefined;
  await lab.control.removeSnapshot(vm.name, id);
  return `our snapshot ${id} removed by somebody`;
};

export const restartVma: Event = async ({ lab }) => {
  await lab.stand.vmaServer.stop();
  await lab.stand.vmaServer.start();
  return 'VMA restarted';
};

/** Between two cycles; the frequent ones more than once. */
export const BETWEEN: readonly Event[] = [
  ...[write, write, write, write, write, write, visit, visit, takeSnapshot, takeSnapshot],
  ...[dropSnapshot, dropSnapshot, revert, revert, grow, damage, switchOff, move, replace, scribble, strike, strike],
];

/** While a cycle runs. */
export const MEANWHILE: readonly Event[] = [write, write, write, revert, strike, expire, removeOurs, restartVma];
