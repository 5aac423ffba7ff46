import { notFound } from '../base/errors.ts';
import type { Api } from './client/api.ts';
import { collect } from './client/pages.ts';
import type { Look, VolumeFinding } from './client/volume-answers.ts';

const FINDINGS_MAX = 100_000;

/** All of them, with the looks that found them. */
export async function allFindings(
  api: Api,
): Promise<{ readonly findings: readonly VolumeFinding[]; readonly looks: readonly Look[] }> {
  let looks: readonly Look[] = [];
  const { rows } = await collect(FINDINGS_MAX, async (page) => {
    const answer = await api.volumeFindings(page);
    looks = answer.looks;
    return { rows: answer.findings, total: answer.count, next: answer.next_cursor };
  });
  return { findings: rows, looks };
}

/** Those about this volume. @throws notFound `volume-finding.unknown` */
export async function findingsAbout(api: Api, volumeId: string): Promise<readonly VolumeFinding[]> {
  const { findings } = await allFindings(api);
  const about = findings.filter((finding) => finding.volume_id === volumeId);
  if (about.length > 0) return about;
  throw notFound('volume-finding.unknown', `nothing is known against volume ${volumeId}`, {
    hint: 'migratekit volumes findings lists what is known',
  });
}
