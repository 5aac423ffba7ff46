import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { z } from 'zod';
import type { Board } from '../../queues/board.ts';
import { jobOfMessage } from '../../queues/job-id.ts';
import type { VmNames } from './vm-names.ts';

/** What a message of ours holds, field by field: whatever else somebody put into one stays hidden. */
const Shown = z.object({ jobId: z.string(), generation: z.number(), title: z.string() }).partial();
const Titled = z.object({ data: z.object({ title: z.string().min(1) }) });
const Identified = z.object({ id: z.string() });

/**
 * Each queue as the board shows it: entries under the title of their job with the name of its VM, with a link to its
 * page, and nothing that can be pressed. The titles are made by the job's contract (queues/jobs).
 */
export function shownQueues(queues: Board['queues'], names: VmNames): BullMQAdapter[] {
  return queues.map((queue) => {
    const shown = new NamedQueue(queue, names);
    shown.setFormatter('name', (message) => names.titled(jobIdOf(message), titleOf(message)));
    shown.setFormatter('data', (data) => Shown.safeParse(data).data ?? {});
    // Workers answer with a sentence; anything else is not ours.
    shown.setFormatter('returnValue', (value) => (typeof value === 'string' ? value : null));
    return shown;
  });
}

/** Learns the names of the VMs before the board, which cannot wait there, asks for titles. */
class NamedQueue extends BullMQAdapter {
  readonly #names: VmNames;

  constructor(queue: Board['queues'][number], names: VmNames) {
    super(queue, { readOnlyMode: true, externalJobUrl });
    this.#names = names;
  }

  override async getJob(id: string): ReturnType<BullMQAdapter['getJob']> {
    const [message] = await Promise.all([super.getJob(id), this.#names.learn([jobIdOf({ id })])]);
    return message;
  }

  override async getJobs(...query: Parameters<BullMQAdapter['getJobs']>): ReturnType<BullMQAdapter['getJobs']> {
    const messages = await super.getJobs(...query);
    await this.#names.learn(messages.map(jobIdOf));
    return messages;
  }
}

function titleOf(message: unknown): string {
  const titled = Titled.safeParse(message);
  if (titled.success) return titled.data.data.title;
  return z.object({ name: z.string() }).safeParse(message).data?.name ?? '';
}

function jobIdOf(message: unknown): string {
  const id = Identified.safeParse(message).data?.id ?? '';
  return jobOfMessage(id)?.id ?? id;
}

function externalJobUrl(message: unknown): { href: string; displayText: string } {
  return { href: `/jobs/${encodeURIComponent(jobIdOf(message))}`, displayText: 'Open the job' };
}
