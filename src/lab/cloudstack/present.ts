import type { AccountRow, JobRow, VmRow, VolumeRow, World } from './world.ts';

/** Rows of the world as the API shows them; null fields are left out. Field names: cloudstack-go, generated for 4.22. */

/** `2026-11-22T02:00:00+0000`. */
export const apiDate = (iso: string): string => `${iso.slice(0, 19)}+0000`;

export const nameOf = (rows: readonly { id: string; name: string }[], id: string): string | undefined =>
  rows.find((row) => row.id === id)?.name;

/** The job that is working on an object, as list answers show it. */
export function pendingJob(world: World, instanceId: string): Record<string, unknown> {
  const job = world.jobs.find((row) => row.instanceId === instanceId && row.status === 0);
  return job === undefined ? {} : { jobid: job.id, jobstatus: 0 };
}

export const owner = (world: World, account: string): Record<string, unknown> => ({
  account,
  domainid: world.domainId,
  domain: 'ROOT',
});

export function presentVolume(world: World, volume: VolumeRow): Record<string, unknown> {
  const offering = world.diskOfferings.find((row) => row.id === volume.diskOfferingId);
  const vm = world.vms.find((row) => row.id === volume.vmId);
  const stored = volume.state !== 'Allocated';
  return {
    id: volume.id,
    name: volume.name,
    zoneid: volume.zoneId,
    zonename: nameOf(world.zones, volume.zoneId),
    type: volume.type,
    ...(vm === undefined
      ? {}
      : {
          deviceid: volume.deviceId,
          virtualmachineid: vm.id,
          vmname: vm.name,
          vmdisplayname: vm.displayName,
          vmstate: vm.state,
          vmtype: 'User',
          ...(volume.attachedAt === null ? {} : { attached: apiDate(volume.attachedAt) }),
        }),
    size: volume.sizeBytes,
    created: apiDate(volume.createdAt),
    state: volume.state,
    ...owner(world, volume.account),
    storagetype: 'shared',
    provisioningtype: 'thin',
    hypervisor: stored ? 'KVM' : 'None',
    ...(offering === undefined
      ? {}
      : {
          diskofferingid: offering.id,
          diskofferingname: offering.name,
          diskofferingdisplaytext: offering.displayText,
        }),
    ...(stored
      ? { storage: 'lab-primary', storageid: world.storageId, path: volume.id, virtualsize: volume.sizeBytes }
      : {}),
    ...(volume.templateId === null
      ? {}
      : { templateid: volume.templateId, templatename: nameOf(world.templates, volume.templateId) }),
    ...(volume.snapshotId === null ? {} : { snapshotid: volume.snapshotId }),
    destroyed: volume.state === 'Destroy',
    isextractable: true,
    displayvolume: true,
    quiescevm: false,
    supportsstoragesnapshot: false,
    hasannotations: false,
    tags: [],
    ...pendingJob(world, volume.id),
  };
}

const numberIn = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

export function presentVm(world: World, vm: VmRow): Record<string, unknown> {
  const offering = world.serviceOfferings.find((row) => row.id === vm.serviceOfferingId);
  const template = world.templates.find((row) => row.id === vm.templateId);
  const root = world.volumes.find((row) => row.vmId === vm.id && row.deviceId === 0);
  return {
    id: vm.id,
    name: vm.name,
    displayname: vm.displayName,
    instancename: `i-2-${vm.number}-VM`,
    ...owner(world, vm.account),
    created: apiDate(vm.createdAt),
    state: vm.state,
    haenable: false,
    zoneid: vm.zoneId,
    zonename: nameOf(world.zones, vm.zoneId),
    templateid: vm.templateId,
    templatename: template?.name,
    serviceofferingid: vm.serviceOfferingId,
    serviceofferingname: offering?.name,
    cpunumber: numberIn(vm.details['cpuNumber']) ?? offering?.cpuNumber,
    cpuspeed: numberIn(vm.details['cpuSpeed']) ?? offering?.cpuSpeedMhz,
    memory: numberIn(vm.details['memory']) ?? offering?.memoryMiB,
    details: vm.details,
    // In other letters than those that are asked for. Source: UserVmJoinDaoImpl.
    boottype: vm.bootType === 'UEFI' ? 'Uefi' : 'Bios',
    bootmode: vm.bootMode.toLowerCase(),
    passwordenabled: false,
    displayvm: true,
    ...(root === undefined ? {} : { rootdeviceid: 0, rootdevicetype: 'ROOT' }),
    hypervisor: 'KVM',
    ostypeid: template?.osTypeId,
    nic: vm.nics.map((nic, index) => ({
      id: nic.id,
      networkid: nic.networkId,
      networkname: nameOf(world.networks, nic.networkId),
      type: world.networks.find((row) => row.id === nic.networkId)?.type,
      ...(nic.ipAddress === '' ? {} : { ipaddress: nic.ipAddress }),
      macaddress: nic.macAddress,
      isdefault: index === 0,
      traffictype: 'Guest',
    })),
    securitygroup: [],
    affinitygroup: [],
    tags: [],
    ...pendingJob(world, vm.id),
  };
}

export function presentJob(world: World, job: JobRow): Record<string, unknown> {
  const account = world.accounts.find((row) => row.name === job.account);
  return {
    accountid: account?.id,
    userid: account?.userId,
    cmd: `org.apache.cloudstack.api.command.${job.command}Cmd`,
    jobstatus: job.status,
    jobprocstatus: 0,
    jobresultcode: job.resultCode,
    ...(job.result === null ? {} : { jobresulttype: 'object', jobresult: job.result }),
    jobinstancetype: job.instanceType,
    jobinstanceid: job.instanceId,
    created: apiDate(job.createdAt),
    ...(job.completedAt === null ? {} : { completed: apiDate(job.completedAt) }),
    jobid: job.id,
  };
}

export const presentAccount = (account: AccountRow): Record<string, unknown> => ({
  id: account.id,
  name: account.name,
  accounttype: account.type,
  roletype: account.type === 1 ? 'Admin' : 'User',
  domainid: account.domainId,
  domain: 'ROOT',
  state: 'enabled',
  user: [presentUser(account)],
});

export const presentUser = (account: AccountRow): Record<string, unknown> => ({
  id: account.userId,
  username: account.userName,
  account: account.name,
  accountid: account.id,
  accounttype: account.type,
  domainid: account.domainId,
  domain: 'ROOT',
  state: account.userState,
});
