import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { LogEvent } from '../../src/api/schemas/events.ts';
import { JobProgress } from '../../src/api/schemas/job-progress.ts';
import { Job } from '../../src/api/schemas/jobs.ts';
import { API_PREFIX } from '../../src/api/server.ts';
import { until } from './until.ts';

/** A client of the event streams that holds every event against its schema. */

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  log: LogEvent,
  job: Job,
  progress: JobProgress,
  end: z.strictObject({}),
};
const PATIENCE_MS = 60_000;

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export interface StreamOptions {
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class EventStream implements AsyncDisposable {
  readonly events: StreamEvent[] = [];
  readonly comments: string[] = [];
  retryMs: number | undefined;
  /** Resolves when the stream is over: true when the server ended it in good order. */
  readonly closed: Promise<boolean>;
  readonly response: Response;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.closed = this.#read();
  }

  /** @throws Error when the answer is no stream */
  static async open(url: string, path: string, options: StreamOptions): Promise<EventStream> {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${options.token}`, ...options.headers };
    const response = await fetch(`${url}${API_PREFIX}${path}`, { headers, signal: abort.signal });
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return new EventStream(response, abort);
  }

  of(event: string): StreamEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Ids of the log events, in the order in which they came. */
  logIds(): number[] {
    return this.of('log').map((one) => Number(one.data['id']));
  }

  messages(): unknown[] {
    return this.of('log').map((one) => one.data['message']);
  }

  /** Waits until `condition` holds of what has come. */
  async when(condition: (stream: EventStream) => boolean, what: string): Promise<void> {
    await until(() => condition(this), { withinMs: PATIENCE_MS, what });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.closed;
  }

  async #read(): Promise<boolean> {
    const parser = createParser({
      onEvent: ({ id, event = 'message', data }) => {
        const schema = SCHEMAS[event];
        if (schema === undefined) throw new Error(`there is no event ${event}`);
        const json = JSON.parse(data) as Record<string, unknown>;
        schema.parse(json);
        if ((event === 'log') !== (id !== undefined)) throw new Error(`event ${event} with id ${id}`);
        this.events.push({ id, event, data: json });
      },
      onComment: (comment) => this.comments.push(comment),
      onRetry: (ms) => (this.retryMs = ms),
    });
    const text = this.response.body?.pipeThrough(new TextDecoderStream());
    try {
      for await (const chunk of text ?? []) parser.feed(chunk);
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted || error instanceof TypeError) return false;
      throw error;
    }
  }
}
