import { badAnswer } from './errors.ts';
import { toVsphereError } from './faults.ts';
import { readLocalizedFault, returned } from './soap/answer.ts';
import { child, children, needRef, needText, textIn } from './soap/read.ts';
import type { ObjectRef } from './soap/reference.ts';
import { flag, integer, reference, structure, text, texts, type Part } from './soap/write.ts';
import type { XmlElement } from './soap/xml.ts';
import type { Caller } from './session.ts';

/**
 * Reads properties of many objects in a handful of calls, page by page. Source: vSphere Web Services API,
 * PropertyCollector.RetrievePropertiesEx.
 */

/** Which properties to read of the objects of a class. */
export interface PropertySpec {
  readonly type: string;
  readonly paths: readonly string[];
}

export interface ObjectProperties {
  readonly ref: ObjectRef;
  /** By path, as asked for; a property that the object does not have is not there. */
  readonly properties: ReadonlyMap<string, XmlElement>;
  /** Paths that vCenter refused to show, mostly because a right is missing. */
  readonly unreadable: readonly string[];
}

export interface Retrieval {
  /** All objects of this view are read, not the view itself. */
  readonly view: ObjectRef;
  readonly specs: readonly PropertySpec[];
  /** Of a page; vCenter may give fewer. */
  readonly maxObjects: number;
}

export interface ObjectsRetrieval {
  readonly refs: readonly ObjectRef[];
  readonly specs: readonly PropertySpec[];
  /** Whose objects are read, too: TraversalSpecs, as fields `selectSet`. */
  readonly through?: readonly Part[];
}

/** vCenter gives pages of at least one object; more than this is a server that counts in circles. */
const PAGES_MAX = 100_000;
/** Pages in a row without any object. */
const EMPTY_PAGES_MAX = 10;

/**
 * All objects of a view with the properties that were asked for. Use it inside `VsphereSession.within`: its pages do not
 * outlive the session. Whoever stops early ends the retrieval at the server, too.
 * Errors: those of `Caller.call`; `vsphere.bad-answer` for pages without end.
 */
export async function* retrieveProperties(caller: Caller, retrieval: Retrieval): AsyncGenerator<ObjectProperties> {
  const { view, specs, maxObjects } = retrieval;
  const from = structure('objectSet', [reference('obj', view), flag('skip', true), throughView(view)]);
  yield* retrievePages(caller, structure('specSet', [...specs.map(propertySet), from]), maxObjects);
}

/**
 * These objects, and those that are reached through them, in the order in which vCenter gives them. Use it like
 * `retrieveProperties`. Errors: `vsphere.not-found` also when one of many is gone.
 */
export async function readObjects(caller: Caller, retrieval: ObjectsRetrieval): Promise<ObjectProperties[]> {
  const { refs, specs, through = [] } = retrieval;
  if (refs.length === 0) return [];
  const from = refs.map((ref) => structure('objectSet', [reference('obj', ref), flag('skip', false), ...through]));
  const found: ObjectProperties[] = [];
  const spec = structure('specSet', [...specs.map(propertySet), ...from]);
  for await (const object of retrievePages(caller, spec, undefined)) found.push(object);
  return found;
}

/** One object. Errors: those of `readObjects`; `vsphere.bad-answer` when vCenter shows nothing of it. */
export async function readProperties(
  caller: Caller,
  ref: ObjectRef,
  paths: readonly string[],
): Promise<ObjectProperties> {
  const [object] = await readObjects(caller, { refs: [ref], specs: [{ type: ref.type, paths }] });
  if (object === undefined) throw badAnswer('it shows nothing of an object', { type: ref.type, id: ref.id });
  return object;
}

async function* retrievePages(
  caller: Caller,
  spec: Part,
  maxObjects: number | undefined,
): AsyncGenerator<ObjectProperties> {
  const { propertyCollector: target } = caller.content;
  let page = readPage(await retrieve(caller, spec, maxObjects));
  let empty = 0;
  for (let count = 1; ; count += 1) {
    const { token, objects } = page;
    let isTaken = false;
    try {
      yield* objects;
      isTaken = true;
    } finally {
      if (!isTaken && token !== undefined) await cancel(caller, token);
    }
    if (token === undefined) return;
    empty = objects.length === 0 ? empty + 1 : 0;
    if (count >= PAGES_MAX || empty >= EMPTY_PAGES_MAX) throw badAnswer('its pages have no end', { pages: count });
    const parts = [text('token', token)];
    page = readPage(returned(await caller.call({ method: 'ContinueRetrievePropertiesEx', target, parts })));
  }
}

const throughView = (view: ObjectRef): Part =>
  structure(
    'selectSet',
    [text('name', 'view'), text('type', view.type), text('path', 'view'), flag('skip', false)],
    'TraversalSpec',
  );

const propertySet = ({ type, paths }: PropertySpec): Part =>
  structure('propSet', [text('type', type), flag('all', false), ...texts('pathSet', paths)]);

async function retrieve(caller: Caller, spec: Part, maxObjects: number | undefined): Promise<XmlElement | undefined> {
  const options = structure('options', [integer('maxObjects', maxObjects)]);
  const target = caller.content.propertyCollector;
  return returned(await caller.call({ method: 'RetrievePropertiesEx', target, parts: [spec, options] }));
}

/** The server forgets it at the end of the session at the latest. */
async function cancel(caller: Caller, token: string): Promise<void> {
  const target = caller.content.propertyCollector;
  await caller
    .call({ method: 'CancelRetrievePropertiesEx', target, parts: [text('token', token)] })
    .catch(() => undefined);
}

interface Page {
  readonly objects: readonly ObjectProperties[];
  /** Of the next page. */
  readonly token: string | undefined;
}

/** Nothing at all is returned where no object matches. */
function readPage(result: XmlElement | undefined): Page {
  const token = textIn(result, 'token');
  return { objects: children(result, 'objects').map(readObject), token: token === '' ? undefined : token };
}

function readObject(element: XmlElement): ObjectProperties {
  const properties = new Map<string, XmlElement>();
  for (const property of children(element, 'propSet')) {
    const value = child(property, 'val');
    if (value !== undefined) properties.set(needText(property, 'name'), value);
  }
  return {
    ref: needRef(element, 'obj'),
    properties,
    unreadable: children(element, 'missingSet').map(readMissing),
  };
}

/** A session that has ended shows itself here, too: the objects are there, and all that they had is missing. */
function readMissing(missing: XmlElement): string {
  const fault = readLocalizedFault(child(missing, 'fault') ?? missing);
  if (fault.type === 'NotAuthenticated') throw toVsphereError('RetrievePropertiesEx', fault);
  return needText(missing, 'path');
}

/** The objects of these classes anywhere below the root, for as long as `work` goes on. */
export async function withContainerView<T>(
  caller: Caller,
  types: readonly string[],
  work: (view: ObjectRef) => Promise<T>,
): Promise<T> {
  const { viewManager: target, rootFolder } = caller.content;
  const parts = [reference('container', rootFolder), ...texts('type', types), flag('recursive', true)];
  const response = await caller.call({ method: 'CreateContainerView', target, parts });
  const view = needRef(response, 'returnval');
  try {
    return await work(view);
  } finally {
    // It goes with the session; what `work` threw must not be covered by this.
    await caller.call({ method: 'DestroyView', target: view, parts: [] }).catch(() => undefined);
  }
}
