import { ownAccount } from '../../cloudstack/accounts.ts';
import { getCapabilities } from '../../cloudstack/capabilities.ts';
import { askCloud, failureOf, outcomeOf, type CloudAccount } from '../cloud/account.ts';

/** Whether CloudStack takes the keys. What it says is the outcome, never an error. */
export async function testConnection(account: CloudAccount): Promise<Record<string, unknown>> {
  const outcome = await outcomeOf(
    askCloud(account, async (client, options) => {
      const [{ version }, own] = await Promise.all([getCapabilities(client, options), ownAccount(client, options)]);
      return { version, own };
    }),
  );
  if (!outcome.ok) {
    const { error } = outcome;
    const message = `${account.endpoint}: ${error.message}`;
    return { success: false, message, version: null, account: null, ...failureOf(error) };
  }
  const { version, own } = outcome.value;
  const where = own.domainPath === undefined ? '' : ` in ${own.domainPath}`;
  const message = `CloudStack ${version} takes the keys of ${own.name}${where}`;
  return { success: true, message, version, account: own.name, ...failureOf(null) };
}
