import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of console texts, as an operator would put one beside a CloudStack. */
export class ConsoleTexts implements AsyncDisposable {
  /** What it answers next; the last one again and again. None: an empty text. */
  answers: { readonly status?: number; readonly text: string }[] = [];
  /** Path and authorization of each request. */
  readonly asked: string[] = [];
  readonly #server = createServer((req, res) => {
    this.asked.push(`${req.url} ${req.headers.authorization}`);
    const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? { text: '' };
    res.writeHead(answer.status ?? 200, { 'content-type': 'text/plain' }).end(answer.text);
  });

  static async listen(): Promise<ConsoleTexts> {
    const texts = new ConsoleTexts();
    texts.#server.listen(0, '127.0.0.1');
    await once(texts.#server, 'listening');
    return texts;
  }

  /** For MIGRATEKIT_CONSOLE_TEXT_URL. */
  get urlTemplate(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/of/{vm_id}/text`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}
