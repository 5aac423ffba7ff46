import { toAppError } from '../base/errors.ts';

/** How CloudStack says that the role of a key does not have a command: 401 in most versions, else 432 or 531. */
const NOT_PERMITTED: ReadonlySet<string> = new Set([
  'cloudstack.unauthorized',
  'cloudstack.unsupported',
  'cloudstack.forbidden',
]);

/** What `ask` gives, or undefined where this API key may not ask. A key that is wrong altogether looks the same. */
export async function ifPermitted<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (thrown) {
    if (NOT_PERMITTED.has(toAppError(thrown).code)) return undefined;
    throw thrown;
  }
}
