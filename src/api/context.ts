import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import type { Knex } from '../db/knex.ts';
import type { SecretBox } from '../db/secret-box.ts';
import type { Board } from '../queues/board.ts';
import type { Ledger } from '../queues/ledger.ts';
import type { VmaClient } from '../vma/client.ts';
import type { AskAway } from './away.ts';
import type { LoginGuard } from './auth/login-guard.ts';
import type { EventHub } from './events/hub.ts';
import type { ReplicationAcceptor } from './replications/accept.ts';
import type { Sessions } from './auth/sessions.ts';
import type { VmaProgress } from './schemas/progress.ts';
import type { Users } from './auth/users.ts';

/** What the routes may use. Made by the process's entry point, which also closes it. */
export interface ApiContext {
  readonly config: Pick<Config, 'api' | 'home'>;
  readonly version: string;
  readonly db: Knex;
  /** Seals what people entrust to us. @throws precondition `secret.no-key` */
  readonly box: () => SecretBox;
  /** The producer's side of the queues; its database is `db`. */
  readonly ledger: Ledger;
  /** Takes the requests for replications of this process. */
  readonly acceptor: ReplicationAcceptor;
  /** The queues as Redis has them, for people to look at. */
  readonly board: Board;
  /** Looks at a vCenter. */
  readonly vma: Pick<VmaClient, 'discover'>;
  /** Network cards of this machine, as MAC addresses. */
  readonly ownMacs: () => readonly string[];
  /** Asks the VMA how far a job is; undefined when it does not know or does not answer in time. Never throws. */
  readonly askProgress: (jobId: string) => Promise<VmaProgress | undefined>;
  /** Which of VMA and volume daemon do not answer: requests need neither, jobs need both. Never throws. */
  readonly askAway: AskAway;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly loginGuard: LoginGuard;
  readonly clock: Clock;
  /** The event streams of this process. */
  readonly events: EventHub;
}
