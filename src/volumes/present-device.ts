import type { DeviceRound } from './device-monitor.ts';

export const presentRound = (round: DeviceRound): object => ({
  checked_at: round.endedAt,
  checked: round.checked,
  moved: round.moved,
  busy: round.busy,
  troubles: round.troubles.map(({ volumeId, devicePath, code, text }) => ({
    volume_id: volumeId,
    device_path: devicePath,
    code,
    text,
  })),
});
