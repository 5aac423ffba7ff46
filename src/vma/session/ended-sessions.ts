import { type AppError, notFound } from '../../base/errors.ts';

/** Reasons that are kept; their jobs ask within a heartbeat. */
const KEPT_MAX = 1000;

/** Why sessions are not there any more. */
export class EndedSessions {
  /** By job, of those that the VMA itself has ended. */
  readonly #reasons = new Map<string, { readonly sessionId: string; readonly reason: AppError }>();

  keep(of: { readonly job_id: string; readonly session_id: string }, reason: AppError): void {
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size >= KEPT_MAX && oldest !== undefined) this.#reasons.delete(oldest);
    this.#reasons.set(of.job_id, { sessionId: of.session_id, reason });
  }

  /** The job gets another one. */
  forget(jobId: string): void {
    this.#reasons.delete(jobId);
  }

  /** For whoever asks for a session by its id, or by that of its job. */
  why(id: string): AppError {
    const ended = this.#reasons.get(id) ?? [...this.#reasons.values()].find(({ sessionId }) => sessionId === id);
    return ended?.reason ?? unknownSession(id);
  }
}

export function unknownSession(id: string): AppError {
  return notFound('session.unknown', `there is no source session ${id}`, {
    details: { session_id: id },
    hint: 'it was ended or has expired; POST /source-sessions makes a new one, with a new snapshot',
  });
}
