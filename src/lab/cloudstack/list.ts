import { integer, isTrue, maySee, parameter, type Command, type CommandContext, type Effect } from './command.ts';
import { invalidValue, Refusal } from './refusal.ts';

/** default.page.size: a longer page is refused. */
const PAGE_SIZE_MAX = 500;

/** A command that only reads. */
export const list = (describe: string, run: (context: CommandContext) => Effect): Command => ({
  kind: 'sync',
  describe,
  run,
});

/** A list answer: `count` of all and one page of items under `key`; an empty list has neither. */
export function listAnswer(context: CommandContext, key: string, rows: readonly Record<string, unknown>[]): Effect {
  const page = integer(context, 'page');
  const pageSize = integer(context, 'pagesize');
  if (page === undefined && pageSize !== undefined && pageSize !== -1) {
    throw new Refusal(431, '"page" parameter is required when "pagesize" is specified', 9999);
  }
  if (page !== undefined && pageSize === undefined) {
    throw new Refusal(431, '"pagesize" parameter is required when "page" is specified', 9999);
  }
  if (pageSize !== undefined && pageSize > PAGE_SIZE_MAX) {
    throw new Refusal(431, `Page size can not exceed max allowed page size value: ${PAGE_SIZE_MAX}`, 9999);
  }
  const length = pageSize === undefined || pageSize < 1 ? PAGE_SIZE_MAX : pageSize;
  const start = (Math.max(1, page ?? 1) - 1) * length;
  if (rows.length === 0) return { result: {} };
  const items = rows.slice(start, start + length);
  return { result: { count: rows.length, ...(items.length === 0 ? {} : { [key]: items }) } };
}

interface ListedRow {
  readonly id: string;
  readonly name: string;
  readonly account?: string;
  readonly zoneId?: string;
}

/** Rows that the account may see and that fit the usual filters: id, ids, name, keyword, zoneid. */
export function filtered<T extends ListedRow>(context: CommandContext, rows: readonly T[]): T[] {
  checkIds(context, rows);
  const ids = parameter(context, 'ids')?.split(',');
  const keyword = parameter(context, 'keyword')?.toLowerCase();
  const equals = (name: string, value: string | undefined): boolean => {
    const wanted = parameter(context, name);
    return wanted === undefined || value === undefined || value === wanted;
  };
  return rows.filter(
    (row) =>
      isListed(context, row) &&
      equals('id', row.id) &&
      equals('name', row.name) &&
      equals('zoneid', row.zoneId) &&
      (ids === undefined || ids.includes(row.id)) &&
      (keyword === undefined || row.name.toLowerCase().includes(keyword)),
  );
}

/**
 * An id that never was is refused also by a list; one that was, and is no more, leaves it empty. Source:
 * ParamProcessWorker.translateUuidToInternalId of Apache CloudStack, which looks among removed rows, too.
 * @throws Refusal 431
 */
function checkIds(context: CommandContext, rows: readonly ListedRow[]): void {
  const { world } = context;
  const named = { id: rows, zoneid: world.zones, virtualmachineid: world.vms, volumeid: world.volumes };
  for (const [name, known] of Object.entries(named)) {
    const value = parameter(context, name);
    if (value === undefined || known.some((row) => row.id === value) || world.formerIds.includes(value)) continue;
    throw invalidValue(context.command, name, value);
  }
}

/** Without `listall` an admin, too, gets only what is theirs, or what is asked for by its id. */
function isListed(context: CommandContext, row: ListedRow): boolean {
  if (!maySee(context.account, row)) return false;
  const asked = isTrue(context, 'listall') || parameter(context, 'id') !== undefined;
  return asked || row.account === undefined || row.account === context.account.name;
}
