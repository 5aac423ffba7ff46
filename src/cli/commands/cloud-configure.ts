import { chosenFields } from '../cloud-choices.ts';
import type { Api, CloudConfigAction, WhichCloud } from '../client/api.ts';
import type { CloudConfig } from '../client/cloud-answers.ts';
import type { Command } from '../command.ts';
import { openApi, outJson } from '../command.ts';
import { EXIT, EXIT_CODES_HELP } from '../exit-code.ts';
import { cloudCalled } from '../find-cloud.ts';
import { COMMON_HELP, parseOptions, usage } from '../options.ts';
import { areKeysGiven, KEY_OPTIONS, KEY_OPTIONS_HELP, takeKeys } from '../session/cloud-keys.ts';
import { plainText } from '../view/text.ts';

const OPTIONS = {
  url: { type: 'string' },
  zone: { type: 'string' },
  domain: { type: 'string' },
  'oma-vm': { type: 'string' },
  template: { type: 'string' },
  network: { type: 'string' },
  'service-offering': { type: 'string' },
  'disk-offering': { type: 'string' },
  'new-keys': { type: 'boolean', default: false },
  inactive: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  ...KEY_OPTIONS,
} as const;

export const cloudConfigure: Command = {
  help: `usage: migratekit cloud configure NAME [options]

Saves how to reach a CloudStack and what to use there, or changes what is named of a configuration that exists. A new
one needs --url and --zone, becomes the active one, and its keys are asked for on the terminal: they are no arguments,
which can be seen by others. Zone, offerings, template and network are named as CloudStack names them, or by id.

  --url URL              address of CloudStack; http:// and /client/api are added where they are missing
  --zone ZONE            where volumes and VMs are made
  --domain DOMAIN        path of the domain of the account
  --oma-vm ID            VM of this appliance; without it, a new one takes the VM that has its network card
  --disk-offering NAME   for volumes; its size must be custom
  --service-offering NAME  for VMs that failover makes; processors and memory must be custom
  --template NAME        that failover makes VMs from
  --network NAME         default network
  --new-keys             ask for keys of a configuration that exists
  --inactive             a new one does not become the active one
  --force                another host is the same cloud, moved, although volumes are stored there
${KEY_OPTIONS_HELP}
${COMMON_HELP}

${EXIT_CODES_HELP}`,

  async run(context, args) {
    const { terminal, signal } = context;
    const { values, positionals } = parseOptions(args, OPTIONS, { least: 1, most: 1, what: 'NAME' });
    const name = positionals[0] ?? '';
    const api = await openApi(context, values.lab);
    const before = await cloudCalled(api, name);
    const { url } = values;
    if (before === undefined && (url === undefined || values.zone === undefined)) {
      throw usage('a new configuration needs --url and --zone');
    }
    const takesKeys = before === undefined || values['new-keys'] || areKeysGiven(values);
    const keys = takesKeys ? await takeKeys(values, signal) : undefined;
    const cloud: WhichCloud =
      keys === undefined ? { config_id: before?.id } : { api_url: url ?? before?.api_url, ...keys };
    const fields: Fields = {
      ...(await chosenFields(api, cloud, { chosen: values, isNew: before === undefined })),
      ...keys,
      ...given({ api_url: url, domain: values.domain }),
      ...(before === undefined ? { name, is_active: !values.inactive } : {}),
    };
    const saved = await save(api, before, { fields, force: values.force });
    if (values.json) outJson(terminal, saved);
    else {
      terminal.out(plainText(saved.message));
      terminal.err(`try it: migratekit cloud test ${plainText(name)}`);
    }
    return EXIT.done;
  },
};

type Fields = NonNullable<CloudConfigAction['config']>;

const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function save(
  api: Api,
  before: CloudConfig | undefined,
  { fields, force }: { readonly fields: Fields; readonly force: boolean },
) {
  if (before === undefined) return api.cloudConfig({ action: 'create', config: fields });
  return api.cloudConfig({ action: 'update', id: before.id, config: fields, force });
}
