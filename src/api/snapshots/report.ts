import type { SweptVcenter } from '../../db/stores/snapshot-finding-store.ts';
import { nextStep } from '../../domain/snapshot-findings.ts';

const HOUR_MS = 3_600_000;

/** Two credentials of one vCenter show the same snapshots: each is told once. */
export function presentReport(swept: readonly SweptVcenter[], nowMs: number): Record<string, unknown> {
  const snapshots = new Map<string, unknown>();
  const alarms = new Map<string, { readonly level: string }>();
  for (const { credentialId, vcenterHost, findings } of swept) {
    const at = { credential_id: credentialId, vcenter_host: vcenterHost };
    const uuid = findings?.vcenter_uuid ?? '';
    for (const snapshot of findings?.snapshots ?? []) {
      const ageHours = Math.max(0, (nowMs - Date.parse(snapshot.created_at)) / HOUR_MS);
      const more = { age_hours: Math.round(ageHours * 10) / 10, next_step: nextStep(snapshot.state) };
      snapshots.set(`${uuid} ${snapshot.snapshot_ref}`, { ...snapshot, ...more, ...at });
    }
    for (const alarm of findings?.alarms ?? []) {
      alarms.set(`${uuid} ${alarm.code} ${alarm.about} ${alarm.text}`, { ...alarm, ...at });
    }
  }
  const isCritical = (alarm: { readonly level: string }): boolean => alarm.level === 'critical';
  const all = [...alarms.values()];
  return {
    snapshots: [...snapshots.values()],
    alarms: [...all.filter(isCritical), ...all.filter((alarm) => !isCritical(alarm))],
    vcenters: swept.map(presentVcenter),
  };
}

const presentVcenter = (vcenter: SweptVcenter): Record<string, unknown> => ({
  credential_id: vcenter.credentialId,
  credential_name: vcenter.credentialName,
  vcenter_host: vcenter.vcenterHost,
  tried_at: vcenter.triedAt.toISOString(),
  checked_at: vcenter.checkedAt?.toISOString() ?? null,
  error: vcenter.error,
  other_snapshots: vcenter.findings?.others.count ?? 0,
  oldest_other_created_at: vcenter.findings?.others.oldest_created_at ?? null,
});
