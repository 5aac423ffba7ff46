import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** Debian's Chromium with a profile of its own that vanishes with it. Dispose it. */
export class TestBrowser implements AsyncDisposable {
  readonly page: Page;
  /** What pages did that they must not: errors of scripts, what a policy blocked, requests to other servers. */
  readonly offences: string[] = [];
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(profile: string, context: BrowserContext, page: Page) {
    this.#profile = profile;
    this.context = context;
    this.page = page;
  }

  /** `origin` is the only server that its pages may ask. */
  static async open(origin: string): Promise<TestBrowser> {
    const profile = mkdtempSync(join(tmpdir(), 'mk-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: FLAGS,
      viewport: { width: 1400, height: 900 },
      timezoneId: 'Asia/Tokyo',
    });
    const browser = new TestBrowser(profile, context, context.pages()[0] ?? (await context.newPage()));
    browser.#watch(origin);
    return browser;
  }

  #watch(origin: string): void {
    this.context.on('weberror', (error) => this.offences.push(error.error().message));
    this.context.on('console', (message) => {
      if (/Content Security Policy|Refused to/i.test(message.text())) this.offences.push(message.text());
    });
    this.context.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
        this.offences.push(request.url());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** Tests run as root in containers, where the sandbox cannot start; the rest keeps it from calling home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
