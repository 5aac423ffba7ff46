import { formatDuration, GiB, MiB, SECOND } from '../../base/units.ts';

/** Numbers and times as people read them. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-01-14 09:30:00` in the zone of this machine; `-` for no time. */
export function localTime(iso: string | null | undefined): string {
  if (iso === null || iso === undefined) return '-';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${clockTime(iso)}`;
}

/** `09:30:00` in the zone of this machine. */
function clockTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `102.0 GiB`; below a tenth of a GiB in MiB, because 0.0 GiB says nothing. */
export function size(bytes: number): string {
  if (bytes === 0) return '0 GiB';
  return bytes >= GiB / 10 ? `${(bytes / GiB).toFixed(1)} GiB` : `${(bytes / MiB).toFixed(1)} MiB`;
}

/** How much data went over the wire, of how much was to be looked at. Zeros are never sent, so the two stay apart. */
export function sent(bytes: { readonly done: number; readonly total: number; readonly isOver: boolean }): string {
  if (bytes.isOver && bytes.done < bytes.total)
    return `${size(bytes.done)} sent, ${size(bytes.total - bytes.done)} zeros`;
  return `${size(bytes.done)} sent of ${size(bytes.total)}`;
}

/** `112.3 MiB/s` */
export const rate = (bytesPerS: number): string => `${(bytesPerS / MiB).toFixed(1)} MiB/s`;

export const percent = (value: number): string => `${value.toFixed(1)} %`;

/** Between two times, or until now where the second is missing; `-` before the first. */
export function elapsed(from: string | null | undefined, to: string | null | undefined): string {
  if (from === null || from === undefined) return '-';
  const ms = (to === null || to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from);
  return Number.isNaN(ms) ? '-' : formatDuration(Math.max(0, ms));
}

/** Time left, from whole seconds. */
export const timeLeft = (seconds: number | null): string =>
  seconds === null ? '' : `ETA ${formatDuration(seconds * SECOND)}`;
