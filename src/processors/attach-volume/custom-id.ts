import { createHash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { ownAccount } from '../../cloudstack/accounts.ts';
import type { CloudStackClient } from '../../cloudstack/client.ts';

/**
 * The id that CloudStack is asked to give what a job makes: the same in each attempt, so that an order which comes twice
 * makes one object. Undefined where the key may not choose ids (only root admins may), or where nobody can tell.
 */
export async function customIdOf(
  client: CloudStackClient,
  jobId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { isRootAdmin } = await ownAccount(client, { signal });
    return isRootAdmin ? uuidOf(jobId) : undefined;
  } catch (error) {
    if (error instanceof AppError && error.retry === 'never' && !signal.aborted) return undefined;
    throw error;
  }
}

/** Version 8 of RFC 9562: the bits are the maker's own. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
