import { z } from 'zod';

/** Something that could not be undone, and that a person has to see to: one entry of failover_jobs.remaining. */
export const Leftover = z.object({
  kind: z.enum(['volume', 'vm', 'snapshot', 'source-power']),
  /** In CloudStack; of the source's power: the VM in vSphere. */
  id: z.string(),
  /** One sentence: what it is like, and what to do. */
  what: z.string(),
});
export type Leftover = z.output<typeof Leftover>;
