import { counted } from '../../base/counted.ts';
import type { VmContext, VmDetail } from '../client/answers.ts';
import { GiB } from '../../base/units.ts';
import { failoverState, nextSteps } from '../../domain/failover/next-steps.ts';
import type { Failover } from '../client/failover-answers.ts';
import { nowOf } from './failover.ts';
import { elapsed, localTime, percent, size } from './format.ts';
import { paintStatus } from './paint.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** VMs as people read them. */

export function vmTable(vms: readonly VmContext[], sheet: Sheet): string[] {
  const columns: Column<VmContext>[] = [
    { title: 'NAME', text: (vm) => vm.vm_name, least: 12 },
    { title: 'VCENTER', text: (vm) => vm.vcenter_host, least: 8 },
    { title: 'STATUS', text: (vm) => vm.current_status, paint: byStatus(sheet, (vm) => vm.current_status) },
    { title: 'LAST JOB', text: lastJob, least: 8 },
    { title: 'LAST SYNC', text: (vm) => localTime(vm.last_sync_at) },
    { title: 'DISKS', text: (vm) => (vm.disk_count === 0 ? '-' : String(vm.disk_count)), align: 'right' },
    { title: 'SIZE', text: (vm) => (vm.capacity_bytes === null ? '-' : size(vm.capacity_bytes)), align: 'right' },
    { title: 'CONTEXT', text: (vm) => vm.context_id, least: 12, paint: sheet.paint.dim },
  ];
  return table(columns, vms, sheet);
}

const byStatus =
  <R>(sheet: Sheet, status: (row: R) => string) =>
  (text: string, row: R): string =>
    paintStatus(sheet.paint, status(row))(text);

/** What the last job did, or the job that works on the VM now. */
function lastJob(vm: VmContext): string {
  if (vm.current_job_id !== null) return 'running';
  const { status, operation_type: operation } = vm.last_operation ?? {};
  if (typeof status !== 'string') return vm.last_job_at === null ? '-' : 'ended';
  return typeof operation === 'string' ? `${operation} ${status}` : status;
}

/** `failover`: the one that stands, or that left something behind. */
export function vmPage(vm: VmDetail, failover: Failover | undefined, sheet: Sheet): string[] {
  const { context } = vm;
  const capacity = vm.disks.reduce((sum, disk) => sum + diskBytes(disk), 0);
  const facts: [string, string][] = [
    ['Status', context.current_status],
    ...failoverFacts(failover),
    ['Context', context.context_id],
    ['vCenter', `${context.vcenter_host}, datacenter ${context.datacenter}`],
    ['Path', context.vm_path],
    ['Machine', machine(context)],
    ['Disks', vm.disks.length === 0 ? 'known after the first replication' : `${vm.disks.length}, ${size(capacity)}`],
    ...leftOut(context),
    ['Jobs', `${context.total_jobs_run} run, ${context.successful_jobs} completed, ${context.failed_jobs} failed`],
    ['Last sync', localTime(context.last_sync_at)],
    ...(context.current_job_id === null ? [] : [['Current job', context.current_job_id] satisfies [string, string]]),
  ];
  return [
    sheet.paint.bold(plainText(context.vm_name)),
    ...facts.map(([name, value]) => `  ${sheet.paint.dim(name.padEnd(12))}${plainText(value)}`),
    ...section('Disks', diskTable(vm, sheet), vm.disks.length),
    ...section('Latest jobs', jobTable(vm, sheet), vm.job_history.length),
  ];
}

function failoverFacts(failover: Failover | undefined): [string, string][] {
  if (failover === undefined) return [];
  const { failover_type: type, destination_vm_name: name, remaining, vm_name: vmName } = failover;
  const now = `${type}, ${nowOf(failover)}${typeof name === 'string' ? `; in CloudStack: ${name}` : ''}`;
  const left = remaining.map((each) => `${text(each['kind'])} ${text(each['id'])}: ${text(each['what'])}`);
  const state = failoverState({
    type: type === 'test' ? 'test' : 'live',
    status: failover.status,
    isCommitted: failover.committed_at !== null,
    rollbackStatus: failover.rollback_status,
    leftovers: remaining.length,
  });
  const steps = nextSteps(state, { type: type === 'test' ? 'test' : 'live', vmName });
  return [
    ['Failover', now],
    ...left.map((line): [string, string] => ['Remains', line]),
    ...steps.map(({ what, command }): [string, string] => ['Next', `${command}   # ${what}`]),
  ];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '-');

const section = (title: string, lines: readonly string[], count: number): string[] =>
  count === 0 ? [] : ['', `${title}:`, ...lines];

/** What a failover would leave behind is said even to those who do not ask. */
function leftOut({ unreplicated_disks: disks }: VmContext): [string, string][] {
  return disks.length === 0 ? [] : [['Left out', `${disks.join(', ')}: not replicated; discover the VM again`]];
}

function machine(context: VmContext): string {
  const parts = [
    context.cpu_count === null ? undefined : counted(context.cpu_count, 'CPU'),
    context.memory_mb === null ? undefined : `${(context.memory_mb / 1024).toFixed(1)} GiB memory`,
    context.os_type ?? undefined,
    context.power_state ?? undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ') || '-';
}

type Disk = VmDetail['disks'][number];
const diskBytes = (disk: Disk): number => disk.capacity_bytes ?? disk.size_gb * GiB;

function diskTable(vm: VmDetail, sheet: Sheet): string[] {
  const columns: Column<Disk>[] = [
    { title: 'DISK', text: (disk) => disk.disk_id },
    { title: 'LABEL', text: (disk) => disk.label ?? '-', least: 8 },
    { title: 'SIZE', text: (disk) => size(diskBytes(disk)), align: 'right' },
    { title: 'SYNC', text: (disk) => disk.sync_status, paint: byStatus(sheet, (disk) => disk.sync_status) },
    { title: 'NEXT SYNC', text: (disk) => (disk.disk_change_id === null ? 'full' : 'changes only') },
  ];
  return table(columns, vm.disks, sheet);
}

type PastJob = VmDetail['job_history'][number];

function jobTable(vm: VmDetail, sheet: Sheet): string[] {
  const columns: Column<PastJob>[] = [
    { title: 'JOB', text: (job) => job.job_id },
    { title: 'TYPE', text: (job) => job.replication_type },
    { title: 'STATUS', text: (job) => job.status, paint: byStatus(sheet, (job) => job.status) },
    { title: 'DONE', text: (job) => percent(job.progress_percent), align: 'right' },
    { title: 'MOVED', text: (job) => size(job.bytes_transferred), align: 'right' },
    { title: 'CREATED', text: (job) => localTime(job.created_at) },
    { title: 'TOOK', text: (job) => elapsed(job.started_at, job.completed_at), align: 'right' },
    { title: 'ERROR', text: (job) => job.error_message ?? '', least: 10 },
  ];
  return table(columns, vm.job_history, sheet);
}
