import { z } from 'zod';
import { SECOND } from '../../base/units.ts';
import { requestJson, type JsonRequest, type Peer } from '../../http/json-client.ts';
import type { Lab } from '../supervisor.ts';

/** What the phases of the demo work with: a lab, its API as any client uses it, and somebody who listens. */
export interface Stage {
  readonly lab: Lab;
  readonly api: Peer;
  /** The VM that all of it is about. */
  readonly vm: DemoVm;
  /** Explanations and progress, for people. */
  readonly tell: (text: string) => void;
}

/** How requests about failovers name a VM. */
export interface DemoVm {
  readonly context_id: string;
  readonly vm_id: string;
  readonly vm_name: string;
}

const REQUEST_WITHIN_MS = 30 * SECOND;

/** @throws what requestJson throws */
export const ask = <T>(api: Peer, request: Omit<JsonRequest<T>, 'deadlineMs'>): Promise<T> =>
  requestJson(api, { deadlineMs: REQUEST_WITHIN_MS, ...request });

const vmAnswer = z.object({ context: z.object({ context_id: z.string(), vmware_vm_id: z.string() }) });

/** The VM as the API knows it. @throws notFound `context.unknown-name` */
export async function vmNamed(api: Peer, name: string): Promise<DemoVm> {
  const { context } = await ask(api, { method: 'GET', path: `/vm-contexts/${name}`, answer: vmAnswer });
  return { context_id: context.context_id, vm_id: context.vmware_vm_id, vm_name: name };
}
