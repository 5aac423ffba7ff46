import type { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { toAppError, upstream } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { parseAnswer, type CallOptions, type CloudStackClient } from './client.ts';
import { itemsIn } from './envelope.ts';
import type { Parameters } from './signature.ts';

/** Commands that change nothing: they may be repeated, and long lists come in pages. */

/** Attempts of a reading call; the waits between them are 0.5 s and 1 s, each cut short by the caller's signal. */
const READ_ATTEMPTS = 3;
/** The largest page that a server with default settings gives (default.page.size). */
const PAGE_SIZE = 500;
/** 100,000 items: a server that never stops giving pages is wrong, and we are not to run for ever. */
const PAGES_MAX = 200;

/** As `client.call`, repeated when the connection fails or the server asks to wait. */
export async function read(
  client: CloudStackClient,
  command: string,
  request: { readonly parameters: Parameters } & CallOptions,
): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.call(command, request.parameters, request);
    } catch (thrown) {
      const { retry } = toAppError(thrown);
      if (retry === 'never' || attempt === READ_ATTEMPTS || request.signal?.aborted === true) throw thrown;
    }
    await sleep(0.5 * SECOND * attempt, request.signal);
  }
}

export interface ListRequest<T> extends CallOptions {
  readonly parameters: Parameters;
  readonly item: z.ZodType<T>;
}

/**
 * All items of a list, page after page, until `count` is reached or a page is empty. An item that changes place
 * between two pages comes once: `item` must have an id to be told apart by.
 */
export async function list<T extends { id: string }>(
  client: CloudStackClient,
  command: string,
  request: ListRequest<T>,
): Promise<T[]> {
  const found = new Map<string, T>();
  let received = 0;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const parameters = { ...request.parameters, page: String(page), pagesize: String(PAGE_SIZE) };
    const answer = await read(client, command, { ...request, parameters });
    const batch = itemsIn(answer);
    if (batch === undefined) throw notAList(command);
    for (const raw of batch.items) {
      const item = parseAnswer(request.item, raw, command);
      found.set(item.id, item);
    }
    received += batch.items.length;
    const all = batch.count === undefined ? batch.items.length < PAGE_SIZE : received >= batch.count;
    if (batch.items.length === 0 || all) return [...found.values()];
  }
  throw upstream('cloudstack.bad-answer', `cloudstack does not stop giving pages of ${command}`, {
    details: { command, pages: PAGES_MAX },
  });
}

const notAList = (command: string): Error =>
  upstream('cloudstack.bad-answer', `cloudstack answered ${command} with something that is not a list`, {
    details: { command },
  });
