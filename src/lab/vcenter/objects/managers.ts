import type { ObjectRef } from '../../../vsphere/soap/reference.ts';
import type { Session } from '../sessions.ts';
import type { Task } from '../tasks.ts';
import type { Vcenter } from '../vcenter.ts';
import {
  flag,
  int,
  list,
  maybe,
  oneOf,
  reference,
  references,
  structure,
  text,
  time,
  type Structure,
} from '../wire/value.ts';
import { localized } from '../wire/vim-fault.ts';
import type { Properties } from './properties.ts';
import { viewed } from './views.ts';
import { vmRef } from './virtual-machine.ts';

/** What belongs to vCenter itself and to its sessions. Source: vSphere Web Services API. Pure. */

export const API_VERSION = '7.0.3.0';

/** Objects whose names are known beforehand. */
const MANAGERS = {
  propertyCollector: { type: 'PropertyCollector', id: 'propertyCollector' },
  viewManager: { type: 'ViewManager', id: 'ViewManager' },
  sessionManager: { type: 'SessionManager', id: 'SessionManager' },
  eventManager: { type: 'EventManager', id: 'EventManager' },
  taskManager: { type: 'TaskManager', id: 'TaskManager' },
  searchIndex: { type: 'SearchIndex', id: 'SearchIndex' },
} as const;

export function serviceContent({ world }: Vcenter): Structure {
  return structure('ServiceContent', {
    rootFolder: reference({ type: 'Folder', id: world.rootFolder }),
    propertyCollector: reference(MANAGERS.propertyCollector),
    viewManager: reference(MANAGERS.viewManager),
    about: aboutOf(world.instanceUuid),
    sessionManager: reference(MANAGERS.sessionManager),
    eventManager: reference(MANAGERS.eventManager),
    taskManager: reference(MANAGERS.taskManager),
    searchIndex: reference(MANAGERS.searchIndex),
  });
}

function aboutOf(instanceUuid: string): Structure {
  return structure('AboutInfo', {
    name: text('VMware vCenter Server'),
    fullName: text('VMware vCenter Server 7.0.3 build-00000000 (simulated)'),
    vendor: text('VMware, Inc.'),
    version: text('7.0.3'),
    build: text('00000000'),
    localeVersion: text('INTL'),
    localeBuild: text('000'),
    osType: text('linux-x64'),
    productLineId: text('vpx'),
    apiType: text('VirtualCenter'),
    apiVersion: text(API_VERSION),
    instanceUuid: text(instanceUuid),
    licenseProductName: text('VMware VirtualCenter Server'),
    licenseProductVersion: text('7.0'),
  });
}

export function userSession(session: Session): Structure {
  return structure('UserSession', {
    key: text(session.key),
    userName: text(session.username),
    fullName: text(session.username),
    loginTime: time(session.loggedInAt),
    lastActiveTime: time(new Date(session.lastUsedMs).toISOString()),
    locale: text('en'),
    messageLocale: text('en'),
    extensionSession: flag(false),
    ipAddress: text('127.0.0.1'),
    userAgent: text(''),
    callCount: int(session.callCount),
  });
}

export function managerProperties(
  vcenter: Vcenter,
  ref: ObjectRef,
  session: Session | undefined,
): Properties | undefined {
  switch (ref.type) {
    case 'ServiceInstance':
      return {
        content: () => serviceContent(vcenter),
        capability: () => undefined,
        serverClock: () => time(new Date().toISOString()),
      };
    case 'SessionManager':
      return {
        currentSession: () => maybe(userSession, session),
        sessionList: () => list('UserSession', session === undefined ? [] : [userSession(session)]),
      };
    case 'TaskManager':
      return { recentTask: () => references(vcenter.tasks.all().map(({ id }) => ({ type: 'Task', id }))) };
    case 'EventManager':
      return { latestEvent: () => undefined };
    case 'PropertyCollector':
      return { filter: () => references([]) };
    case 'ViewManager':
      return {
        viewList: () => references([...(session?.views.keys() ?? [])].map((id) => ({ type: 'ContainerView', id }))),
      };
    case 'ContainerView': {
      const view = session?.views.get(ref.id);
      return view === undefined
        ? undefined
        : { view: () => references(viewed(vcenter, view)), container: () => reference(view.container) };
    }
    default:
      return undefined;
  }
}

export function task(of: Task): Properties {
  return { info: () => taskInfo(of), customValue: () => list('CustomFieldValue', []) };
}

function taskInfo(of: Task): Structure {
  const { vm } = of;
  return structure('TaskInfo', {
    key: text(of.id),
    task: reference({ type: 'Task', id: of.id }),
    name: text(of.method),
    descriptionId: text(of.descriptionId),
    entity: reference(vmRef(vm)),
    entityName: text(vm.name),
    state: oneOf('TaskInfoState', of.state),
    cancelled: flag(of.isCancelled),
    cancelable: flag(of.state === 'running'),
    error: maybe(localized, of.error),
    result: of.result,
    reason: { ...structure('TaskReasonUser', { userName: text(of.username) }), isSubclass: true },
    queueTime: time(of.queuedAt),
    startTime: time(of.queuedAt),
    completeTime: maybe(time, of.completedAt),
    progress: maybe(int, of.state === 'running' ? of.progress : undefined),
    eventChainId: int(1),
  });
}
