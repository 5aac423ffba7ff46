import { execFile } from 'node:child_process';
import type { Knex } from 'knex';
import { z } from 'zod';
import { SECOND } from '../base/units.ts';
import { listExports, type ExportRecord } from '../db/stores/nbd-export-store.ts';
import { serialOf } from './serial.ts';

/** Whether what is written of the exports is what is really served: by qemu's own list, and by connecting to each. */

const CONNECT_DEADLINE_MS = 10 * SECOND;
const ANSWER_LIMIT_BYTES = 1024 * 1024;

export interface ExportIssue {
  readonly volumeId: string | null;
  readonly code: 'not-served' | 'no-row' | 'not-active' | 'no-connection' | 'other-size' | 'other-access';
  readonly text: string;
}

export interface Validated {
  readonly checked: number;
  readonly issues: readonly ExportIssue[];
}

export async function validateExports(
  db: Knex,
  { vmId, served }: { readonly vmId: string | undefined; readonly served: readonly string[] },
): Promise<Validated> {
  const rows = await listExports(db, { vmId });
  const known = new Set(rows.map((row) => serialOf(row.volumeId)));
  const issues: ExportIssue[] = served
    .filter((serial) => !known.has(serial))
    .map((serial) => ({ volumeId: null, code: 'no-row', text: `qemu serves ${serial}, and no row knows it` }));
  for (const row of rows) issues.push(...(await issuesOf(row, served.includes(serialOf(row.volumeId)))));
  return { checked: rows.length, issues };
}

async function issuesOf(row: ExportRecord, isServed: boolean): Promise<ExportIssue[]> {
  const { volumeId, exportName, status, metadata } = row;
  const issue = (code: ExportIssue['code'], text: string): ExportIssue => ({ volumeId, code, text });
  if (status !== 'active') return [issue('not-active', `${exportName} is ${status}`)];
  if (!isServed) return [issue('not-served', `qemu does not serve ${exportName}`)];
  const shown = await connect(metadata.uris.unix ?? metadata.uris.tcp ?? '');
  if (typeof shown === 'string') return [issue('no-connection', `${exportName}: ${shown}`)];
  const issues: ExportIssue[] = [];
  if (shown['export-size'] !== metadata.size_bytes) {
    issues.push(issue('other-size', `${exportName} shows ${shown['export-size']} bytes, not ${metadata.size_bytes}`));
  }
  const readOnly = metadata.by_hand?.read_only ?? false;
  if (shown.is_read_only !== readOnly) {
    issues.push(issue('other-access', `${exportName} is ${shown.is_read_only ? 'read-only' : 'writable'}`));
  }
  return issues;
}

const Shown = z.object({ 'export-size': z.number(), is_read_only: z.boolean() });
const Info = z.object({ exports: z.tuple([Shown], z.unknown()) });

/** What a client of NBD sees there, or why it sees nothing. Source: libnbd, nbdinfo(1), --json. */
function connect(uri: string): Promise<z.output<typeof Shown> | string> {
  return new Promise((resolve) => {
    const options = { timeout: CONNECT_DEADLINE_MS, killSignal: 'SIGKILL', maxBuffer: ANSWER_LIMIT_BYTES } as const;
    execFile('nbdinfo', ['--json', uri], options, (error, stdout, stderr) => {
      const info = error === null ? Info.safeParse(jsonOf(stdout)).data : undefined;
      resolve(info?.exports[0] ?? (stderr.trim().slice(0, 300) || 'nbdinfo did not answer in time'));
    });
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
