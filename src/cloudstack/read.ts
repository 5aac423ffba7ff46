import type { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { toAppError, upstream, type AppError } from '../base/errors.ts';
import { parseAnswer } from './answer.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { itemsIn } from './envelope.ts';
import type { Parameters } from './signature.ts';

/** Commands that change nothing: they may be repeated, and long lists come in pages. */

/** Attempts of a reading call, with waits between them of a half and of the whole first wait for jobs: 0.5 s and 1 s. */
const READ_ATTEMPTS = 3;
/** The largest page that a server with default settings gives (default.page.size). */
const PAGE_SIZE = 500;
/** 500,000 items: a server that never stops giving pages is wrong, and we are not to run for ever. */
const PAGES_MAX = 1_000;

/** As `client.call`, repeated when the connection or the server fails. */
export async function read(
  client: CloudStackClient,
  command: string,
  request: { readonly parameters: Parameters } & CallOptions,
): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.call(command, request.parameters, request);
    } catch (thrown) {
      const { retry, code } = toAppError(thrown);
      // The call itself has waited where the server asks for that.
      const isFinal = retry === 'never' || code === 'cloudstack.rate-limited';
      if (isFinal || attempt === READ_ATTEMPTS || request.signal?.aborted === true) throw thrown;
    }
    await sleep(0.5 * client.poll.firstMs * attempt, request.signal);
  }
}

export interface ListRequest<T> extends CallOptions {
  readonly parameters: Parameters;
  readonly item: z.ZodType<T>;
}

/**
 * All items of a list, page after page, until `count` is reached or a page is empty. An item that changes place
 * between two pages comes once.
 * @throws upstream `cloudstack.bad-answer` for what is no list, or never ends.
 */
export async function list<T extends { id: string }>(
  client: CloudStackClient,
  command: string,
  request: ListRequest<T>,
): Promise<T[]> {
  try {
    return await listPages(client, command, { ...request, pageSize: PAGE_SIZE });
  } catch (thrown) {
    const pageSize = allowedPageSize(toAppError(thrown));
    if (pageSize === undefined) throw thrown;
    return listPages(client, command, { ...request, pageSize });
  }
}

/** The page size that the server named when it refused ours. */
function allowedPageSize(error: AppError): number | undefined {
  if (error.code !== 'cloudstack.page-too-large') return undefined;
  const size = Number(/value: *(\d{1,6})/.exec(error.message)?.[1]);
  return size > 0 ? size : undefined;
}

type PagedRequest<T> = ListRequest<T> & { readonly pageSize: number };

/** Rounds through a list that changes while it is read; a busy cloud may never hold still. */
const ROUNDS_MAX = 3;

/**
 * A thing that is deleted between two pages moves the next one to the page that has been read, and we would miss it:
 * when the count changes, the list is read again, and what any round has seen counts as there.
 */
async function listPages<T extends { id: string }>(
  client: CloudStackClient,
  command: string,
  request: PagedRequest<T>,
): Promise<T[]> {
  const found = new Map<string, T>();
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    let received = 0;
    let firstCount: number | undefined;
    let isStable = true;
    for (let page = 1; ; page += 1) {
      const batch = await readPage(client, command, { ...request, page });
      for (const item of batch.items) found.set(item.id, item);
      received += batch.items.length;
      firstCount ??= batch.count;
      // An empty list, and with some commands a page beyond the end, has no count.
      isStable &&= batch.count === undefined || batch.count === firstCount;
      if (isLast(batch, received, request.pageSize)) break;
    }
    if (isStable) break;
  }
  return [...found.values()];
}

interface Page<T> {
  readonly items: readonly T[];
  readonly count: number | undefined;
}

function isLast(batch: Page<unknown>, received: number, pageSize: number): boolean {
  // More than was asked for: a command that knows no pages gives everything each time.
  if (batch.items.length === 0 || batch.items.length > pageSize) return true;
  return batch.count === undefined ? batch.items.length < pageSize : received >= batch.count;
}

async function readPage<T>(
  client: CloudStackClient,
  command: string,
  request: PagedRequest<T> & { readonly page: number },
): Promise<Page<T>> {
  const { page, pageSize, item } = request;
  if (page > PAGES_MAX) throw badList(command, `cloudstack does not stop giving pages of ${command}`);
  const parameters = { ...request.parameters, page: String(page), pagesize: String(pageSize) };
  const answer = await read(client, command, { ...request, parameters });
  const batch = itemsIn(answer);
  if (batch === undefined) throw badList(command, `cloudstack answered ${command} with something that is not a list`);
  return { count: batch.count, items: batch.items.map((raw) => parseAnswer(item, raw, command)) };
}

const badList = (command: string, message: string): AppError =>
  upstream('cloudstack.bad-answer', message, { details: { command } });
