import type { OsseaConfigRecord } from '../../db/stores/ossea-config-record-store.ts';
import type { Clock } from '../../base/clock.ts';
import type { Answer } from '../route.ts';
import type { OsseaConfigAction } from '../schemas/ossea-config.ts';
import { wire } from '../present/wire.ts';

/** A record has no keys, so an answer can have none. */
export const presentConfig = (config: OsseaConfigRecord): Record<string, unknown> => wire(config);

/** What one action did, as it is told. */
export interface Done {
  readonly action: OsseaConfigAction['action'];
  readonly message: string;
  readonly success?: boolean;
  readonly status?: number;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function answerOf(clock: Clock, { action, message, success = true, status = 200, fields = {} }: Done): Answer {
  const timestamp = new Date(clock.now()).toISOString();
  return { status, body: { action, success, message, ...fields, timestamp } };
}
