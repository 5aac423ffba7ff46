import { child, children, flagIn, integerIn, needRef, needText, textIn } from '../../../vsphere/soap/read.ts';
import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { XmlElement } from '../../../vsphere/soap/xml.ts';
import { Collector } from '../properties/collector.ts';
import { readPage, type Page } from '../properties/retrieve.ts';
import { selectObjects } from '../properties/select.ts';
import { readFilterSpec, type FilterSpec } from '../properties/specs.ts';
import type { Session } from '../sessions.ts';
import { list, reference, structure, text, type Value } from '../wire/value.ts';
import { invalidArgument, objectNotFound, VimFault } from '../wire/vim-fault.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** PropertyCollector, and the container views that it begins with. Source: vSphere Web Services API. */

const newId = (session: Session, prefix: string): string => `session[${session.key}]${prefix}-${session.nextId++}`;

/** Every session has the first one of itself; others are made. */
function collectorOf({ session, target }: Call): Collector {
  const found = session.collectors.get(target.id);
  if (found !== undefined) return found;
  if (target.id !== 'propertyCollector') throw objectNotFound(target);
  const made = new Collector();
  session.collectors.set(target.id, made);
  return made;
}

const specsOf = (args: XmlElement): FilterSpec[] => children(args, 'specSet').map(readFilterSpec);

/** Several specs are answered one behind the other; what is paged is the first, as nobody sends more. */
function begin(call: Call, max: number): { page: Page; spec: FilterSpec } {
  const [spec, ...others] = specsOf(call.args);
  if (spec === undefined || others.length > 0) throw invalidArgument('specSet');
  const refs = selectObjects(call.vcenter, spec, call.session);
  return { page: readPage(call.vcenter, refs, { spec, session: call.session, max }), spec };
}

/** vCenter makes pages of its own where nobody asks for any. */
const PAGE_OBJECTS_MAX = 1_000;

function answerPage(call: Call, { page, spec, max }: { page: Page; spec: FilterSpec; max: number }): Value | undefined {
  let token: string | undefined;
  if (page.rest.length > 0) {
    token = newId(call.session, 'page');
    collectorOf(call).pages.set(token, { refs: page.rest, spec, max });
  }
  if (page.objects.length === 0 && token === undefined) return undefined;
  return structure('RetrieveResult', {
    token: token === undefined ? undefined : text(token),
    objects: list('ObjectContent', page.objects),
  });
}

function takePage(call: Call): { refs: readonly ObjectRef[]; spec: FilterSpec; max: number } {
  const token = needText(call.args, 'token');
  const { pages } = collectorOf(call);
  const page = pages.get(token);
  if (page === undefined) throw new VimFault('InvalidProperty', 'The token is not known.', { name: text('token') });
  pages.delete(token);
  return page;
}

/** A client that waits without a limit is answered now and then. */
const WAIT_MAX_S = 60;

async function waitForUpdates(call: Call): Promise<Value | undefined> {
  const collector = collectorOf(call);
  const seconds = integerIn(child(call.args, 'options'), 'maxWaitSeconds') ?? WAIT_MAX_S;
  const untilMs = performance.now() + (call.method === 'CheckForUpdates' ? 0 : seconds * 1000);
  if ((textIn(call.args, 'version') ?? '') === '') collector.forgetTold();
  collector.isWaitCancelled = false;
  for (;;) {
    const update = collector.update(call.vcenter, call.session);
    if (update !== undefined) return update;
    if (collector.isWaitCancelled) throw new VimFault('RequestCanceled', 'The request was canceled.');
    if (!call.vcenter.sessions.isActive(call.session.key))
      throw new VimFault('NotAuthenticated', 'The session is not authenticated.');
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return undefined;
    await call.vcenter.nextChange(Math.min(leftMs, 1_000));
  }
}

export const propertyMethods: Methods = {
  CreateContainerView: inSession(({ session, args, vcenter }) => {
    const id = newId(session, 'view');
    const container = needRef(args, 'container');
    if (!isContainer(vcenter.world.folders, container)) throw invalidArgument('container');
    const types = children(args, 'type').map((type) => type.text);
    session.views.set(id, { container, types, isRecursive: flagIn(args, 'recursive') ?? false });
    return reference({ type: 'ContainerView', id });
  }),
  DestroyView: inSession(({ session, target }) => {
    if (!session.views.delete(target.id)) throw objectNotFound(target);
    return undefined;
  }),
  RetrievePropertiesEx: inSession((call) => {
    const wanted = integerIn(child(call.args, 'options'), 'maxObjects') ?? PAGE_OBJECTS_MAX;
    if (wanted < 1) throw invalidArgument('options.maxObjects');
    const max = Math.min(wanted, PAGE_OBJECTS_MAX);
    return answerPage(call, { ...begin(call, max), max });
  }),
  ContinueRetrievePropertiesEx: inSession((call) => {
    const { refs, spec, max } = takePage(call);
    return answerPage(call, { page: readPage(call.vcenter, refs, { spec, max, session: call.session }), spec, max });
  }),
  CancelRetrievePropertiesEx: inSession((call) => {
    takePage(call);
    return undefined;
  }),
  RetrieveProperties: inSession((call) => list('ObjectContent', begin(call, Number.POSITIVE_INFINITY).page.objects)),
  CreatePropertyCollector: inSession(({ session }) => {
    const id = newId(session, 'collector');
    session.collectors.set(id, new Collector());
    return reference({ type: 'PropertyCollector', id });
  }),
  DestroyPropertyCollector: inSession(({ session, target }) => {
    if (!session.collectors.delete(target.id)) throw objectNotFound(target);
    return undefined;
  }),
  CreateFilter: inSession((call) => {
    const spec = child(call.args, 'spec');
    if (spec === undefined) throw invalidArgument('spec');
    const id = newId(call.session, 'filter');
    collectorOf(call).filters.set(id, { spec: readFilterSpec(spec), told: new Map() });
    return reference({ type: 'PropertyFilter', id });
  }),
  DestroyPropertyFilter: inSession(({ session, target }) => {
    for (const collector of session.collectors.values()) if (collector.filters.delete(target.id)) return undefined;
    throw objectNotFound(target);
  }),
  WaitForUpdatesEx: inSession(waitForUpdates),
  WaitForUpdates: inSession(waitForUpdates),
  CheckForUpdates: inSession(waitForUpdates),
  CancelWaitForUpdates: inSession((call) => {
    collectorOf(call).isWaitCancelled = true;
    call.vcenter.changed();
    return undefined;
  }),
};

const isContainer = (folders: readonly { id: string }[], { type, id }: ObjectRef): boolean =>
  ['Datacenter', 'ComputeResource', 'ClusterComputeResource', 'ResourcePool', 'HostSystem'].includes(type) ||
  folders.some((row) => row.id === id);
