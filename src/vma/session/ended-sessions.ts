import { type AppError, conflict, notFound } from '../../base/errors.ts';

/** Reasons that are kept; their jobs ask within a heartbeat. */
const KEPT_MAX = 1000;

/** Why sessions are not there any more. */
export class EndedSessions {
  /** By job, of those that the VMA itself has ended. */
  readonly #reasons = new Map<string, { readonly sessionId: string; readonly reason: AppError }>();

  /** By job: the last epoch whose session was ended before there was one. */
  readonly #refused = new Map<string, number>();

  keep(of: { readonly job_id: string; readonly session_id: string }, reason: AppError): void {
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size >= KEPT_MAX && oldest !== undefined) this.#reasons.delete(oldest);
    this.#reasons.set(of.job_id, { sessionId: of.session_id, reason });
  }

  /** The job in this epoch, and in earlier ones, wants no session any more, also one that is still asked for. */
  refuse(jobId: string, epoch: number): void {
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= KEPT_MAX && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(jobId, Math.max(epoch, this.#refused.get(jobId) ?? 0));
  }

  /** @throws conflict `session.ended`: the request was overtaken by the one that ends what it asks for */
  requireWanted(jobId: string, epoch: number): void {
    if (epoch > (this.#refused.get(jobId) ?? 0)) return;
    throw conflict('session.ended', `job ${jobId} has ended its session of epoch ${epoch} before it was made`, {
      details: { job_id: jobId, epoch },
      hint: 'a later attempt of the job asks with a higher epoch',
    });
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
