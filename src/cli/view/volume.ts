import { counted } from '../../base/counted.ts';
import type { Look, OmaVm, Operation, SlotWait, Volume, VolumeFinding } from '../client/volume-answers.ts';
import { elapsed, localTime, size } from './format.ts';
import { paintStatus } from './paint.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** Volumes, what is the matter with them, and the VMs that they are attached to, as people read them. */

export function volumeTable(volumes: readonly Volume[], sheet: Sheet): string[] {
  const columns: Column<Volume>[] = [
    { title: 'VM', text: (row) => row.vm_name ?? '-', least: 10 },
    { title: 'DISK', text: (row) => row.disk_id ?? '-', least: 10 },
    { title: 'SIZE', text: (row) => size(row.size_bytes), align: 'right' },
    { title: 'STATE', text: (row) => row.state },
    { title: 'ATTACHED TO', text: (row) => row.oma_vm_name ?? row.attached_to ?? '-', least: 12 },
    { title: 'DEVICE', text: deviceOf, least: 8 },
    { title: 'NOTE', text: noteOf },
    { title: 'ID', text: (row) => row.volume_id, paint: sheet.paint.dim },
  ];
  return table(columns, volumes, sheet);
}

/** One that must not be used is not shown as if it could be. */
function deviceOf({ device_path: path, device_state: state }: Volume): string {
  if (state === 'missing' || state === 'refused') return state;
  return path ?? '-';
}

const noteOf = ({ findings, operation_mode: mode }: Volume): string =>
  [mode === 'failover' ? 'failover' : '', findings === 0 ? '' : counted(findings, 'finding')]
    .filter(Boolean)
    .join(', ');

/** What each kind that can be acted upon from here is answered with. */
const COMMANDS: Readonly<Record<string, (id: string) => string>> = {
  orphan: (id) => `migratekit volumes adopt ${id}, or migratekit volumes remove ${id}`,
  'unknown-context': (id) => `when you are sure that nobody needs it: migratekit volumes remove ${id}`,
  gone: (id) => `migratekit volumes remove ${id}: only rows go, and the disk is copied in full to a new volume`,
};

/** Three lines a finding: they are read, not scanned. */
export function findingLines(findings: readonly VolumeFinding[], { paint }: Sheet): string[] {
  return findings.flatMap(({ kind, volume_id: id, text, next_step, confirmed, first_seen_at }) => [
    `${paint.bold(plainText(kind))}  ${plainText(id)}  ${paint.dim(`since ${localTime(first_seen_at)}${confirmed ? '' : ', seen once: not confirmed yet'}`)}`,
    `  ${plainText(text)}`,
    `  next: ${plainText(COMMANDS[kind]?.(id) ?? next_step)}`,
  ]);
}

/** How old the findings are, and which clouds could not be looked at. */
export const lookLines = (looks: readonly Look[]): string[] =>
  looks.map(({ ossea_config_id: id, looked_at: at, error }) => {
    const when = at === null ? 'never looked at' : `looked at ${localTime(at)}`;
    return plainText(
      `cloud ${id}: ${when}${error === null ? '' : `; the last look failed: ${error.text} (${error.code})`}`,
    );
  });

export function operationTable(operations: readonly Operation[], sheet: Sheet): string[] {
  const columns: Column<Operation>[] = [
    { title: 'ID', text: (row) => row.id, least: 20 },
    { title: 'TYPE', text: (row) => row.type },
    { title: 'STATUS', text: (row) => row.status, paint: (text, row) => paintStatus(sheet.paint, row.status)(text) },
    { title: 'VOLUME', text: (row) => row.volume_id ?? '-' },
    { title: 'ASKED', text: (row) => localTime(row.created_at) },
    { title: 'TOOK', text: (row) => elapsed(row.created_at, row.completed_at) },
    { title: 'ERROR', text: (row) => row.error ?? '', least: 12 },
  ];
  return table(columns, operations, sheet);
}

export function omaVmTable(vms: readonly OmaVm[], sheet: Sheet): string[] {
  const columns: Column<OmaVm>[] = [
    { title: 'NAME', text: (row) => row.name, least: 10 },
    { title: 'DAEMON', text: (row) => (row.away ? `away since ${localTime(row.last_seen_at)}` : 'there') },
    { title: 'SLOTS', text: (row) => String(row.slots), align: 'right' },
    { title: 'HELD', text: (row) => String(row.held), align: 'right' },
    { title: 'IN USE', text: (row) => String(row.in_use), align: 'right' },
    { title: 'IDLE', text: (row) => String(row.idle), align: 'right' },
    { title: 'FOREIGN', text: (row) => String(row.foreign), align: 'right' },
    { title: 'URL', text: (row) => row.volume_daemon_url, least: 12 },
    { title: 'ID', text: (row) => row.vm_id, paint: sheet.paint.dim },
  ];
  return table(columns, vms, sheet);
}

const WAITS_FOR: Readonly<Record<string, string>> = {
  room: 'its turn',
  'volume-daemon': 'a volume daemon that is away',
  'foreign-disks': 'room: disks of others take too many places',
  nothing: 'nothing any more: it gets them when it looks next',
};

export const waitLines = (waiting: readonly SlotWait[]): string[] =>
  waiting.map(({ job_id: id, slots, waits_for: what, place }) => {
    const where = place === null ? '' : ` (${place} in line)`;
    return plainText(`${id} waits for ${counted(slots, 'slot')}: ${WAITS_FOR[what] ?? what}${where}`);
  });
