import { systemClock, type Clock } from '../base/clock.ts';
import { AppError, upstream } from '../base/errors.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { badAnswer } from './errors.ts';
import { toVsphereError } from './faults.ts';
import { readServiceContent, SERVICE_INSTANCE, type ServiceContent } from './service-content.ts';
import { needReturned, readAnswer } from './soap/answer.ts';
import { text, writeEnvelope, type Request } from './soap/write.ts';
import type { XmlElement } from './soap/xml.ts';
import { Transport } from './transport.ts';
import { readTrust, type VsphereTrust } from './trust.ts';

/**
 * A login at one vCenter that lasts until it is closed: it is kept awake, and renewed once where vCenter has ended it.
 * Knows methods and faults; what is asked for lies next door, one file a noun. Start reading at `call`.
 */

/** Holds a secret without printing it; `Secret` of src/config is one. */
export interface SecretText {
  reveal(): string;
}

export interface VsphereSettings {
  /** Host name, or https://host[:port]. */
  readonly address: string;
  readonly trust: VsphereTrust;
  /** user@domain */
  readonly username: string;
  readonly password: SecretText;
  /** How long one call may take, unless it says otherwise; 30 s. */
  readonly callTimeoutMs?: number;
  /** 10 min by default; vCenter ends a session that was idle for 30 min. */
  readonly keepAliveMs?: number;
  /** What limits of tasks are measured by. */
  readonly clock?: Clock | undefined;
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls methods of a vCenter. Gives the whole `<method>Response`. */
export interface Caller {
  readonly content: ServiceContent;
  /**
   * Errors: the table of faults.ts, and those of transport.ts. After `vsphere.unreachable` a method that changes
   * something may have had its effect.
   */
  call(request: Request, options?: CallOptions): Promise<XmlElement>;
}

export class VsphereSession implements Caller, AsyncDisposable {
  readonly #transport: Transport;
  readonly #settings: VsphereSettings;
  #keepAlive: NodeJS.Timeout | undefined;
  #content: ServiceContent | undefined;
  #cookie: string | undefined;
  /** Grows with each login, so that of many calls that find the session ended one logs in. */
  #logins = 0;
  #renewal: Promise<void> | undefined;
  /** vCenter did not take the password any more. Sending it again and again would lock the account. */
  #refusal: AppError | undefined;
  #isClosed = false;

  private constructor(settings: VsphereSettings) {
    this.#settings = settings;
    this.#transport = new Transport(settings.address, readTrust(settings.trust));
  }

  /** Errors: `vsphere.invalid-login`, `vsphere.not-vcenter`, those of `call`, of the address and of the certificate. */
  static async open(settings: VsphereSettings, options: CallOptions = {}): Promise<VsphereSession> {
    const session = new VsphereSession(settings);
    try {
      session.#content = await session.#readContent(options);
      await session.#login(options);
      const { keepAliveMs = 10 * MINUTE } = settings;
      session.#keepAlive = setInterval(() => void session.#stayAwake(), keepAliveMs).unref();
      return session;
    } catch (thrown) {
      session.#abandon();
      throw thrown;
    }
  }

  get clock(): Clock {
    return this.#settings.clock ?? systemClock;
  }

  get content(): ServiceContent {
    if (this.#content === undefined) throw badAnswer('nothing is known of this vcenter yet');
    return this.#content;
  }

  /** SHA-1 of the certificate that this vCenter has proven to be its own, however it is trusted: AB:CD:... */
  get thumbprint(): string {
    const { thumbprint } = this.#transport;
    if (thumbprint === undefined) throw badAnswer('nothing is known of its certificate');
    return thumbprint;
  }

  /** Logs in again and asks once more when vCenter has ended the session: a refused call had no effect. */
  async call(request: Request, options: CallOptions = {}): Promise<XmlElement> {
    return this.within((caller) => caller.call(request, options), options);
  }

  /**
   * For work of several calls that name objects which live no longer than the session: views, pages that were begun.
   * When the session ends in between, `work` is done anew from its beginning, once.
   */
  async within<T>(work: (caller: Caller) => Promise<T>, options: CallOptions = {}): Promise<T> {
    if (this.#isClosed) throw this.#closed();
    const { content } = this;
    const caller: Caller = { content, call: (request, callOptions) => this.#send(request, callOptions ?? options) };
    const logins = this.#logins;
    try {
      return await work(caller);
    } catch (thrown) {
      if (!isEnded(thrown)) throw thrown;
      await this.#renew(logins, options);
      return work(caller);
    }
  }

  /** Logs out and closes its connections, whatever the far side says. Closing again does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#renewal;
      await this.#send({ method: 'Logout', target: this.content.sessionManager, parts: [] }, { timeoutMs: 5 * SECOND });
    } catch {
      // vCenter ends the session by itself when nobody uses it.
    } finally {
      this.#abandon();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #abandon(): void {
    this.#isClosed = true;
    clearInterval(this.#keepAlive);
    this.#transport.close();
  }

  async #readContent(options: CallOptions): Promise<ServiceContent> {
    const response = await this.#send(
      { method: 'RetrieveServiceContent', target: SERVICE_INSTANCE, parts: [] },
      options,
    );
    return readServiceContent(needReturned(response));
  }

  /** One login for all who found the session of `logins` ended. */
  async #renew(logins: number, options: CallOptions): Promise<void> {
    if (this.#isClosed) throw this.#closed();
    if (this.#logins !== logins) return;
    if (this.#refusal !== undefined) throw this.#refusal;
    // Not under the signal of the one who asks: others wait for it, too.
    this.#renewal ??= this.#login({ timeoutMs: options.timeoutMs }).finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #login(options: CallOptions): Promise<void> {
    const { username, password } = this.#settings;
    const target = this.content.sessionManager;
    const parts = [text('userName', username), text('password', password.reveal())];
    try {
      await this.#send({ method: 'Login', target, parts }, options, 'without cookie');
      this.#logins += 1;
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.kind === 'not-allowed') this.#refusal = thrown;
      throw thrown;
    }
  }

  async #send(request: Request, options: CallOptions, cookie?: 'without cookie'): Promise<XmlElement> {
    const reply = await this.#transport.send({
      envelope: writeEnvelope(request),
      cookie: cookie === undefined ? this.#cookie : undefined,
      timeoutMs: options.timeoutMs ?? this.#settings.callTimeoutMs ?? 30 * SECOND,
      signal: options.signal,
    });
    const answer = readAnswer(reply.text, request.method);
    if (answer.kind === 'fault') throw toVsphereError(request.method, answer.fault);
    this.#cookie = reply.cookie ?? this.#cookie;
    return answer.response;
  }

  #closed(): AppError {
    return upstream('vsphere.closed', `the session at ${this.#transport.host} is closed`);
  }

  async #stayAwake(): Promise<void> {
    try {
      await this.call({ method: 'CurrentTime', target: SERVICE_INSTANCE, parts: [] });
    } catch {
      // Whoever uses the session next hears of it.
    }
  }
}

const isEnded = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === 'vsphere.not-authenticated';
