import type { ServerResponse } from 'node:http';
import type { ObjectRef } from '../../src/vsphere/soap/reference.ts';
import { envelope, faultOf, type Oddity } from './odd-vcenter.ts';

/** What one look at a task shows; the last one is shown from then on. */
export type Look = { readonly info: string } | 'unavailable' | 'garbage' | 'hang-up' | 'session-ended' | 'gone';

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
export const TASK_RUNNING = (percent: number): Look => ({
  info: `<state>running</state><progress>${percent}</progress>`,
});
export const TASK_FAILED = (type: string): Look => ({
  info: `<state>error</state><error><fault ${XSI} xsi:type="${type}"/><localizedMessage>no</localizedMessage></error>`,
});
export const TASK_DONE = (result?: ObjectRef): Look => ({
  info: `<state>success</state>${result === undefined ? '' : `<result type="${result.type}">${result.id}</result>`}`,
});

export interface ScriptedSnapshot {
  readonly ref: ObjectRef;
  readonly name: string;
  readonly description: string;
}

export interface Script {
  /** Looks of the first task that is started, of the second, ... */
  readonly tasks?: readonly (readonly Look[])[];
  /** Of whatever VM is asked for. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly snapshots?: readonly ScriptedSnapshot[];
  readonly unreadable?: readonly string[];
  /** Content of the answer by method. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Envelopes of faults by method. */
  readonly faults?: Readonly<Record<string, string>>;
}

/** An oddity for OddVcenter: a vCenter whose tasks and properties follow a script. */
export class ScriptedVcenter {
  /** Tasks in the order in which they were started. */
  readonly started: string[] = [];
  readonly #script: Script;
  readonly #requests: { method: string; body: string }[] = [];
  readonly #looks: number[] = [];

  constructor(script: Script) {
    this.#script = script;
  }

  count(method: string): number {
    return this.bodies(method).length;
  }

  bodies(method: string): string[] {
    return this.#requests.filter((request) => request.method === method).map((request) => request.body);
  }

  readonly oddity: Oddity = (method, body, response) => {
    this.#requests.push({ method, body });
    const fault = this.#script.faults?.[method];
    const answer = this.#script.answers?.[method];
    if (fault !== undefined) response.writeHead(500).end(fault);
    else if (answer !== undefined) this.#returned(response, method, answer);
    else if (method.endsWith('_Task')) this.#start(response, method);
    else if (method === 'RetrievePropertiesEx') this.#read(response, body);
    else return false;
    return true;
  };

  #returned(response: ServerResponse, method: string, content: string): void {
    response.end(envelope(`<${method}Response xmlns="urn:vim25">${content}</${method}Response>`));
  }

  #start(response: ServerResponse, method: string): void {
    this.started.push(method);
    this.#looks.push(0);
    this.#returned(response, method, `<returnval type="Task">task-${this.started.length}</returnval>`);
  }

  #read(response: ServerResponse, body: string): void {
    const task = />task-(\d+)</.exec(body)?.[1];
    if (task !== undefined) this.#look(response, Number(task));
    else this.#object(response, 'vm-1', this.#properties() + this.#missing());
  }

  #look(response: ServerResponse, task: number): void {
    const looks = this.#script.tasks?.[task - 1] ?? [];
    const index = this.#looks[task - 1] ?? 0;
    this.#looks[task - 1] = index + 1;
    const look = looks[Math.min(index, looks.length - 1)] ?? 'gone';
    if (look === 'unavailable') response.writeHead(503).end('starting');
    else if (look === 'garbage') response.end('<a>');
    else if (look === 'hang-up') response.destroy();
    else if (look === 'session-ended') response.writeHead(500).end(faultOf('NotAuthenticated'));
    else if (look === 'gone') response.writeHead(500).end(faultOf('ManagedObjectNotFound'));
    else this.#object(response, `task-${task}`, property('info', look.info));
  }

  #object(response: ServerResponse, id: string, content: string): void {
    const type = id.startsWith('task-') ? 'Task' : 'VirtualMachine';
    const object = `<objects><obj type="${type}">${id}</obj>${content}</objects>`;
    this.#returned(response, 'RetrievePropertiesEx', `<returnval>${object}</returnval>`);
  }

  #properties(): string {
    const { properties = {}, snapshots = [] } = this.#script;
    const trees = snapshots.map(
      ({ ref, name, description }, id) =>
        `<rootSnapshotList><snapshot type="${ref.type}">${ref.id}</snapshot><name>${name}</name>` +
        `<description>${description}</description><id>${id}</id><createTime>2026-11-22T00:00:00Z</createTime>` +
        '</rootSnapshotList>',
    );
    const values = Object.entries(properties).map(([name, value]) => property(name, value));
    return values.join('') + (trees.length === 0 ? '' : property('snapshot', trees.join('')));
  }

  #missing(): string {
    const { unreadable = [] } = this.#script;
    return unreadable
      .map((path) => `<missingSet><path>${path}</path><fault><fault xsi:type="NoPermission"/></fault></missingSet>`)
      .join('');
  }
}

const property = (name: string, value: string): string => `<propSet><name>${name}</name><val>${value}</val></propSet>`;
