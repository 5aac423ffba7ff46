import type { Failover, Finding, Readiness } from '../client/failover-answers.ts';
import { SECOND, formatDuration } from '../../base/units.ts';
import { localTime, percent } from './format.ts';
import { paintStatus } from './paint.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** Failovers and readiness as people read them. */

export function failoverTable(failovers: readonly Failover[], sheet: Sheet): string[] {
  const columns: Column<Failover>[] = [
    { title: 'VM', text: (row) => row.vm_name, least: 12 },
    { title: 'TYPE', text: (row) => row.failover_type },
    { title: 'STATUS', text: (row) => row.status, paint: (text, row) => paintStatus(sheet.paint, row.status)(text) },
    { title: 'DONE', text: (row) => percent(row.progress), align: 'right' },
    { title: 'IN CLOUDSTACK', text: instanceOf, least: 12 },
    { title: 'BOOT', text: verdictOf },
    { title: 'NOW', text: nowOf, least: 12 },
    { title: 'ACCEPTED', text: (row) => localTime(row.created_at) },
    { title: 'JOB', text: (row) => row.job_id, least: 12, paint: sheet.paint.dim },
  ];
  return table(columns, failovers, sheet);
}

/** Its VM, as long as it is there. */
const instanceOf = ({ destination_vm_id: id, destination_vm_name: name }: Failover): string =>
  id === null ? '-' : (name ?? id);

function verdictOf({ boot_verdict: told }: Failover): string {
  const verdict = told?.['verdict'];
  return typeof verdict === 'string' ? verdict : '-';
}

/** What became of it, or will. */
export function nowOf(row: Failover): string {
  if (row.remaining.length > 0) return `${row.remaining.length} left to clean up`;
  if (row.committed_at !== null) return 'committed';
  if (row.status === 'failed') return row.error_message ?? 'failed';
  if (row.rollback_status === 'completed') return 'taken back';
  if (row.rollback_status === 'pending' || row.rollback_status === 'running') return 'is being taken back';
  if (row.status !== 'completed') return row.current_step ?? '-';
  if (row.test_expires_at !== null && row.auto_cleanup === true)
    return `goes back by itself ${localTime(row.test_expires_at)}`;
  if (row.commit_due_at === null) return isLeftToPeople(row) ? 'stands, not committed by itself' : 'stands';
  return `${row.commit_policy === 'commit' ? 'commits' : 'goes back'} by itself ${localTime(row.commit_due_at)}`;
}

/** The server commits nothing by itself that has not booted. */
const isLeftToPeople = (row: Failover): boolean => row.commit_policy === 'commit' && verdictOf(row) === 'not-booted';

export function readinessPage(answer: Readiness, sheet: Sheet): string[] {
  const { paint } = sheet;
  const { checks, findings, committed_point_age_seconds: age } = answer.validation_result;
  const judge = answer.is_valid ? paint.good : paint.bad;
  const judged = checks.filter(({ status }) => status !== 'skip').length;
  return [
    judge(plainText(answer.message)),
    `  ${paint.dim('score'.padEnd(16))}${answer.readiness_score} of 100; ${judged} of ${checks.length} rules judged`,
    `  ${paint.dim('committed point'.padEnd(16))}${age === null ? 'none' : `${formatDuration(age * SECOND)} old`}`,
    ...(findings.length === 0
      ? ['', 'Nothing speaks against it.']
      : findings.flatMap((one) => ['', ...findingLines(one, sheet)])),
  ];
}

export function findingLines({ code, severity, explanation, fix }: Finding, { paint }: Sheet): string[] {
  const mark = { critical: paint.bad, warning: paint.warn }[severity] ?? paint.dim;
  return [
    `${mark(plainText(severity))} ${plainText(explanation)} ${paint.dim(`(${plainText(code)})`)}`,
    `  ${paint.dim('fix:')} ${plainText(fix)}`,
  ];
}
