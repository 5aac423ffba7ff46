import { AppError, conflict, notFound } from '../base/errors.ts';
import type { Api, CloudConfigAction, WhichCloud } from './client/api.ts';
import type { Choice, CloudDiscovered } from './client/cloud-answers.ts';

/** What a person chooses of a cloud, by name or id, as a configuration wants it: by id. */

type Fields = NonNullable<CloudConfigAction['config']>;

const CHOICES = ['zone', 'oma-vm', 'template', 'network', 'service-offering', 'disk-offering'] as const;

/** As the options of the command are called. */
export type Chosen = Readonly<Partial<Record<(typeof CHOICES)[number], string | undefined>>>;

/**
 * Asks the cloud what it has, and finds in it what was chosen. `isNew`: the VM of the appliance is filled in, where
 * nobody named it and it was found.
 * @throws what CloudStack refused; notFound `cloud.choice-unknown`; conflict `cloud.choice-ambiguous`
 */
export async function chosenFields(
  api: Api,
  cloud: WhichCloud,
  { chosen, isNew }: { readonly chosen: Chosen; readonly isNew: boolean },
): Promise<Fields> {
  const isChosen = CHOICES.some((name) => chosen[name] !== undefined);
  if (!isChosen && !isNew) return {};
  const found = await api.discoverCloud(cloud);
  if (!found.success) throw refusedBy(found);
  const omaVm = chosen['oma-vm'] ?? (isNew ? (found.oma_vm_id ?? undefined) : undefined);
  const fields = {
    zone: idOf('zone', chosen.zone, found.zones),
    template_id: idOf('template', chosen.template, found.templates),
    network_id: idOf('network', chosen.network, found.networks),
    service_offering_id: idOf('compute offering', chosen['service-offering'], found.service_offerings),
    disk_offering_id: idOf('disk offering', chosen['disk-offering'], found.disk_offerings),
    oma_vm_id: omaVm,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function refusedBy({ error, error_code: code, hint }: CloudDiscovered): AppError {
  const what = [code ?? 'cloudstack.failed', error ?? 'CloudStack could not be asked'] as const;
  return new AppError('precondition', what, { hint: hint ?? undefined });
}

function idOf(kind: string, word: string | undefined, choices: readonly Choice[]): string | undefined {
  if (word === undefined) return undefined;
  const named = choices.filter(({ id, name }) => id === word || name === word);
  const [only, ...others] = named;
  if (only === undefined) {
    throw notFound('cloud.choice-unknown', `the cloud offers no ${kind} ${word}`, {
      hint: `it offers ${choices.map(({ name }) => name).join(', ') || 'none'}`,
    });
  }
  if (others.length === 0) return only.id;
  throw conflict('cloud.choice-ambiguous', `the cloud has ${named.length} of the ${kind} ${word}`, {
    hint: `use an id: ${named.map(({ id }) => id).join(', ')}`,
  });
}
