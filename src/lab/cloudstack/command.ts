import type { Devices } from './devices.ts';
import type { Hypervisor } from './guests/hypervisor.ts';
import type { Storage } from './storage.ts';
import type { AccountRow, JobRow, World } from './world.ts';
import { badParameter, invalidValue, missingParameter, noPermission, wrongType } from './refusal.ts';

/** What a simulated command is, and what it gets. */

export interface CommandContext {
  readonly command: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly world: World;
  readonly account: AccountRow;
  readonly storage: Storage;
  readonly devices: Devices;
  readonly hypervisor: Hypervisor;
  readonly nowMs: number;
}

export interface Effect {
  /** What is under the key of the answer, or in `jobresult`. */
  readonly result: Record<string, unknown>;
  /** Runs when the world has been written to disk. */
  readonly afterSave?: () => void;
}

interface Described {
  readonly describe: string;
  /** The role of ordinary users does not have it. */
  readonly forAdmins?: boolean;
}

interface SyncCommand extends Described {
  readonly kind: 'sync';
  run(context: CommandContext): Effect;
}

export interface AsyncCommand extends Described {
  readonly kind: 'async';
  /** Within the call: checks the ids that are given, makes the new object of a create command. */
  accept(context: CommandContext): {
    readonly instanceType: JobRow['instanceType'];
    readonly instanceId: string;
    /** Create commands answer with the id of the new object. */
    readonly isNew?: boolean;
  };
  /**
   * What shows while the job is at work: the first at once, the others spread over its time. What one throws is the
   * failure of the job.
   */
  readonly stages?: readonly ((context: CommandContext, instanceId: string) => void)[];
  /**
   * Within the job; what it throws is the failure of the job. One that takes its time (a copy) changes rows only after
   * its last wait.
   */
  perform(context: CommandContext, instanceId: string): Effect | Promise<Effect>;
  /** The job has failed, or died with the server: takes back what the stages, or accept, have left to be seen. */
  undo?(context: CommandContext, instanceId: string): void;
}

export type Command = SyncCommand | AsyncCommand;

/** Parameter names are taken in any case, as CloudStack does. */
export function parameter(context: CommandContext, name: string): string | undefined {
  const lower = name.toLowerCase();
  for (const [given, value] of context.parameters) {
    if (given.toLowerCase() === lower && value !== '') return value;
  }
  return undefined;
}

export function required(context: CommandContext, name: string): string {
  const value = parameter(context, name);
  if (value === undefined) throw missingParameter(context.command, name);
  return value;
}

/** A whole number. */
export function integer(context: CommandContext, name: string): number | undefined {
  const value = parameter(context, name);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw wrongType(context.command, name, value);
  return Number(value);
}

/** True or false in any case, as Java reads them. */
export function isTrue(context: CommandContext, name: string): boolean {
  return parameter(context, name)?.toLowerCase() === 'true';
}

/** The row that an id parameter names; 431 when there is none, 531 when it belongs to somebody else. */
export function rowOf<T extends { id: string }>(
  context: CommandContext,
  name: string,
  rows: readonly T[],
): T | undefined {
  const value = parameter(context, name);
  if (value === undefined) return undefined;
  const row = rows.find((candidate) => candidate.id === value);
  if (row === undefined) throw invalidValue(context.command, name, value);
  checkAccess(context.account, row);
  return row;
}

export function requiredRow<T extends { id: string }>(context: CommandContext, name: string, rows: readonly T[]): T {
  const value = required(context, name);
  return rowOf(context, name, rows) ?? rejectId(context, name, value);
}

/** The id that a root admin chose for a new object. @throws Refusal 531 for anybody else, 431 when it is taken */
export function customIdOf(context: CommandContext, rows: readonly { id: string }[]): string | undefined {
  const customId = parameter(context, 'customid');
  if (customId === undefined) return undefined;
  if (context.account.type !== 1) throw noPermission(context.account.id, 'customid');
  if (rows.some((row) => row.id === customId)) throw badParameter(`The uuid ${customId} is used by another object`);
  return customId;
}

function rejectId(context: CommandContext, name: string, value: string): never {
  throw invalidValue(context.command, name, value);
}

export function checkAccess(account: AccountRow, row: { id: string; account?: string }): void {
  if (!maySee(account, row)) throw noPermission(account.id, row.id);
}

/** A root admin sees everything; a user what has no owner or is theirs. */
export const maySee = (account: AccountRow, row: { account?: string }): boolean =>
  account.type === 1 || row.account === undefined || row.account === account.name;
