import type { Knex } from '../../db/knex.ts';
import { undecidedFailovers } from '../../db/stores/failover-store.ts';
import { BootVerdict } from '../../domain/failover/boot-verdict.ts';
import type { FailoverState } from '../../domain/failover/next-steps.ts';
import { byItself, verdictBadge, withState, type ShownFailover } from './failover.ts';
import { markup, type Content, type Html } from './markup.ts';
import { jobPath, timeOf } from './parts.ts';

/** More would hide the overview. */
const ROWS = 50;

/** VMs that are not where they are replicated: in test, failed over, or with something to clean up. */
export async function failedOverVms(db: Knex): Promise<Content> {
  const { rows, total } = await undecidedFailovers(db, ROWS);
  if (rows.length === 0) return null;
  const shown = await withState(db, rows);
  return markup`<h2>Failed over</h2>
        <table class="failovers">
          <thead><tr><th>VM</th><th>Is</th><th>By itself</th><th>Boot</th><th>What to do</th></tr></thead>
          <tbody>${shown.map(line)}
          </tbody>
        </table>
        ${total > rows.length && markup`<p class="faint">And ${total - rows.length} more: <code>./migratekit failovers</code></p>`}`;
}

const IS: Readonly<Record<FailoverState, string>> = {
  'under-way': 'being failed over',
  'going-back': 'on its way back',
  'in-test': 'in test',
  'failed-over': 'failed over, to be decided',
  committed: 'being committed',
  'taken-back': 'taken back',
  'left-behind': 'to be cleaned up',
  failed: 'to be cleaned up',
};

const line = (shown: ShownFailover): Html => {
  const next = byItself(shown);
  return markup`
            <tr>
              <td data-label="VM">${shown.failover.sourceVmName}</td>
              <td data-label="Is">${IS[shown.state]}</td>
              <td data-label="By itself">${next === null ? 'nothing' : markup`${next.what} at ${timeOf(next.at)}`}</td>
              <td data-label="Boot">${bootOf(shown)}</td>
              <td data-label="What to do"><a href="${jobPath(shown.failover.jobId)}">the failover and its next steps</a></td>
            </tr>`;
};

function bootOf({ failover }: ShownFailover): Content {
  const seen = BootVerdict.safeParse(failover.bootVerdict).data;
  return seen === undefined ? '–' : verdictBadge(seen.verdict);
}
