import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { z } from 'zod';
import type { Board } from '../../queues/board.ts';
import { jobOfMessage } from '../../queues/job-id.ts';

/** What a message of ours holds, field by field: whatever else somebody put into one stays hidden. */
const Shown = z.object({ jobId: z.string(), generation: z.number(), title: z.string() }).partial();
const Titled = z.object({ data: z.object({ title: z.string().min(1) }) });
const Identified = z.object({ id: z.string() });

/**
 * Each queue as the board shows it: entries under the title of their job, with a link to its page, and nothing that can
 * be pressed. The titles are made by the job's contract (queues/jobs).
 */
export function shownQueues(queues: Board['queues']): BullMQAdapter[] {
  return queues.map((queue) => {
    const shown = new BullMQAdapter(queue, { readOnlyMode: true, externalJobUrl });
    shown.setFormatter('name', titleOf);
    shown.setFormatter('data', (data) => Shown.safeParse(data).data ?? {});
    // Workers answer with a sentence; anything else is not ours.
    shown.setFormatter('returnValue', (value) => (typeof value === 'string' ? value : null));
    return shown;
  });
}

function titleOf(message: unknown): string {
  const titled = Titled.safeParse(message);
  if (titled.success) return titled.data.data.title;
  return z.object({ name: z.string() }).safeParse(message).data?.name ?? '';
}

function externalJobUrl(message: unknown): { href: string; displayText: string } {
  const id = Identified.safeParse(message).data?.id ?? '';
  const jobId = jobOfMessage(id)?.id ?? id;
  return { href: `/jobs/${encodeURIComponent(jobId)}`, displayText: 'Open the job' };
}
