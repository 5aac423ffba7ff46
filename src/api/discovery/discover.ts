import { counted } from '../../base/counted.ts';
import { notFound } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { SECOND } from '../../base/units.ts';
import { chooseVms, filterByName, type Choice } from '../../domain/discovery/choose.ts';
import type { JudgedVm } from '../../domain/discovery/judge.ts';
import type { ApiContext } from '../context.ts';
import type { AddVms, BulkAddVms, DiscoverVms, VcenterAccount } from '../schemas/discovery.ts';
import { accountOf, type Account } from './account.ts';
import { addVms, type Addition } from './add.ts';
import { askInventory, judgeFound, type Found, type Inventory } from './inventory.ts';
import { presentAddition, presentProcessed, presentVm } from './present.ts';

/** What the routes of discovery do. Errors: those of accountOf, of addVms and of VCENTER_REFUSALS. */

type Judged = readonly JudgedVm<Found>[];
type Body = Record<string, unknown>;
type Deps = Pick<ApiContext, 'db' | 'box' | 'vma'>;

interface Asked {
  readonly account: Account;
  readonly inventory: Inventory;
  /** Milliseconds, since the request began. */
  readonly tookMs: () => number;
}

async function ask({ db, box, vma }: Deps, asked: VcenterAccount): Promise<Asked> {
  const beganMs = systemClock.monotonic();
  const account = await accountOf(db, box, asked);
  const inventory = await askInventory(vma, account);
  return { account, inventory, tookMs: () => systemClock.monotonic() - beganMs };
}

export async function preview(
  deps: Deps,
  body: VcenterAccount & { readonly filter?: string | null | undefined },
): Promise<Body> {
  const { account, inventory, tookMs } = await ask(deps, body);
  const vms = filterByName(await judgeFound(deps.db, inventory), body.filter ?? undefined);
  const count = (state: JudgedVm<Found>['state']): number => vms.filter((vm) => vm.state === state).length;
  return {
    vms: inOrder(vms).map(presentVm),
    total_discovered: vms.length,
    new_vms: count('new'),
    existing_vms: count('existing'),
    problem_vms: count('problem'),
    processing_time: seconds(tookMs()),
    vcenter: account.host,
    datacenter: account.datacenter,
    filter: body.filter ?? '',
    credential: account.credential,
  };
}

/** @throws notFound `discovery.vm-unknown`: of the VMs that were named, vCenter has none */
export async function discover(deps: Deps, body: DiscoverVms): Promise<Body> {
  const { account, inventory, tookMs } = await ask(deps, body);
  const chooser = new Chooser(body.selected_vms ?? undefined, body.filter ?? undefined);
  const additions =
    body.create_context === true ? await addVms(deps.db, { inventory, account }, chooser.choose) : undefined;
  const vms = chooser.choose(await judgeFound(deps.db, inventory));
  const { missed } = chooser;
  const isPartial = missed.length > 0 || additions?.some(({ state }) => state === 'refused') === true;
  return {
    discovered_vms: inOrder(vms).map(presentVm),
    addition_result: additions === undefined ? null : presentAddition(additions, { missed, account }),
    discovery_count: vms.length,
    processing_time: seconds(tookMs()),
    status: isPartial ? 'partial_success' : 'success',
    message: messageOf(vms, additions, missed),
  };
}

/** @throws notFound `discovery.vm-unknown` */
export async function addNamed(deps: Deps, { body, user }: { body: AddVms; user: string }): Promise<Body> {
  const { account, inventory } = await ask(deps, body);
  const chooser = new Chooser(body.vm_names);
  const additions = await addVms(deps.db, { inventory, account }, chooser.choose);
  return presentProcessed(additions, { missed: chooser.missed, account, by: body.added_by ?? user });
}

/** @throws notFound `discovery.vm-unknown` */
export async function bulkAdd(deps: Deps, body: BulkAddVms): Promise<Body> {
  const { account, inventory, tookMs } = await ask(deps, body);
  const discoveredMs = tookMs();
  const chooser = new Chooser(body.selected_vms, body.filter ?? undefined);
  const additions = await addVms(deps.db, { inventory, account }, chooser.choose);
  return {
    ...presentAddition(additions, { missed: chooser.missed, account }),
    discovery_duration: seconds(discoveredMs),
    processing_duration: seconds(tookMs() - discoveredMs),
  };
}

/** Applies the filter and the selection of a request to an inventory, each time that it is judged. */
class Chooser {
  readonly #wanted: readonly string[] | undefined;
  readonly #filter: string | undefined;
  /** Of the last time. */
  missed: Choice<Found>['missed'] = [];

  constructor(wanted: readonly string[] | undefined, filter?: string) {
    this.#wanted = wanted;
    this.#filter = filter;
  }

  readonly choose = (judged: Judged): Judged => {
    const filtered = filterByName(judged, this.#filter);
    if (this.#wanted === undefined || this.#wanted.length === 0) return filtered;
    const { chosen, missed } = chooseVms(filtered, this.#wanted);
    if (chosen.length === 0 && missed.every(({ isUnknown }) => isUnknown)) throw vmsUnknown(missed);
    this.missed = missed;
    return chosen;
  };
}

const NAMED_MAX = 20;

const vmsUnknown = (missed: Choice<Found>['missed']): Error =>
  notFound('discovery.vm-unknown', `vCenter shows none of the ${missed.length} VMs that were named`, {
    details: { errors: missed.slice(0, NAMED_MAX).map(({ reason }, at) => ({ path: String(at), message: reason })) },
    hint: 'POST /api/v1/discovery/preview lists the VMs that this account sees in its datacenter; names are compared exactly',
  });

function messageOf(vms: Judged, additions: readonly Addition[] | undefined, missed: Choice<Found>['missed']): string {
  const isNew = vms.filter(({ state }) => state === 'new').length;
  const said = [`${counted(vms.length, 'VM')} found`];
  if (additions === undefined) said.push(`${isNew} of them new`);
  else said.push(`${additions.filter(({ state }) => state === 'added').length} added`);
  if (missed.length > 0) said.push(`${missed.length} of those that were named not found`);
  return said.join(', ');
}

const inOrder = (vms: Judged): Judged => vms.toSorted((one, other) => (one.found.path < other.found.path ? -1 : 1));

const seconds = (ms: number): number => Math.round(ms) / SECOND;
