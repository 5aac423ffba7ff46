import { isActive } from './status.ts';

/** What a failover is for whoever looks at it, and what a person can do about it. Pure. */

/**
 * under-way and going-back: a job works on it. in-test and failed-over: it stands. left-behind: a person has to see to
 * something. failed: it ended, and everything is as it was.
 */
export type FailoverState =
  'under-way' | 'going-back' | 'in-test' | 'failed-over' | 'committed' | 'taken-back' | 'left-behind' | 'failed';

export interface FailoverLook {
  readonly type: 'live' | 'test';
  /** Of failover_jobs. */
  readonly status: string;
  readonly isCommitted: boolean;
  /** Of the job that takes it back; null where there is none. */
  readonly rollbackStatus: string | null;
  /** How much of it a person has to see to. */
  readonly leftovers: number;
}

export function failoverState(look: FailoverLook): FailoverState {
  const { type, status, rollbackStatus } = look;
  if (rollbackStatus === 'pending' || rollbackStatus === 'running') return 'going-back';
  if (isActive(status)) return status === 'reverting' || status === 'cleanup' ? 'going-back' : 'under-way';
  if (look.leftovers > 0) return 'left-behind';
  if (status === 'failed') return 'failed';
  if (look.isCommitted) return 'committed';
  if (rollbackStatus === 'completed') return 'taken-back';
  return type === 'test' ? 'in-test' : 'failed-over';
}

export interface NextStep {
  /** What it is for, as the end of a sentence. */
  readonly what: string;
  readonly command: string;
}

/** Command lines for what may be done now, the likeliest first; none while a job works on it. */
export function nextSteps(state: FailoverState, of: { readonly type: 'live' | 'test'; vmName: string }): NextStep[] {
  const vm = shellWord(of.vmName);
  const go = (what: string, ...words: string[]): NextStep => ({ what, command: `./migratekit ${words.join(' ')}` });
  switch (state) {
    case 'in-test':
      return [go('end the test', 'rollback', vm, '--follow')];
    case 'failed-over':
      return [
        go('keep it for good: nothing leads back afterwards', 'commit', vm, '--follow'),
        go('go back to the source', 'rollback', vm, '--power-on-source', '--follow'),
      ];
    case 'left-behind':
      return [go('clear up, once the cause is cured', 'rollback', vm, '--cleanup-failed', '--follow')];
    case 'failed':
      return [
        go('see what speaks against another try', 'readiness', vm, ...(of.type === 'test' ? ['--test'] : [])),
        go('try again', 'failover', vm, `--${of.type}`, '--follow'),
      ];
    case 'taken-back':
      return [go('bring the copy up to date', 'replicate', vm, '--follow')];
    default:
      return [];
  }
}

/** A word that a POSIX shell reads as it is. */
const shellWord = (text: string): string =>
  /^[\w@%+:,./=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
