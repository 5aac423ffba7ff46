import type { LogEventRecord } from '../../db/stores/log-event-store.ts';

export function presentLogEvent(event: LogEventRecord): Record<string, unknown> {
  return {
    id: event.id,
    job_id: event.jobId,
    level: event.level,
    message: event.message,
    attrs: event.attrs,
    ts: event.ts.toISOString(),
  };
}
