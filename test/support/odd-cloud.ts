import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCloudStackClient, type CloudStackClient } from '../../src/cloudstack/client.ts';
import { Secret } from '../../src/config/secrets.ts';
import { QUICK_POLL } from './cloudstack.ts';

/** A server in the place of CloudStack that answers as the test says: for what the simulator is too polite for. */

export interface Asked {
  readonly method: string;
  readonly command: string;
  /** Query and form together. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As it came, with the query. */
  readonly url: string;
}

export interface OddAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body: unknown;
}

export interface OddCloud extends AsyncDisposable {
  readonly client: CloudStackClient;
  readonly endpoint: string;
  /** What came in, in order. */
  readonly asked: readonly Asked[];
  /** How often a command came. */
  times(command: string): number;
}

/** As long as real keys are. */
export const ODD_API_KEY = new Secret(`api-canary-${'k'.repeat(75)}`);
export const ODD_SECRET_KEY = new Secret(`secret-canary-${'s'.repeat(72)}`);

/** `answer` gets what is asked and which time the command comes, from 1 on. */
export async function startOddCloud(answer: (asked: Asked, time: number) => OddAnswer): Promise<OddCloud> {
  const asked: Asked[] = [];
  const times = (command: string): number => asked.filter((one) => one.command === command).length;
  const server = createServer((req, res) => {
    void readAsked(req).then((one) => {
      asked.push(one);
      const { status = 200, headers = {}, body } = answer(one, times(one.command));
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}/client/api`;
  return {
    client: createCloudStackClient({ endpoint, apiKey: ODD_API_KEY, secretKey: ODD_SECRET_KEY, poll: QUICK_POLL }),
    endpoint,
    asked,
    times,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAsked(req: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const url = req.url ?? '';
  const form = [url.split('?')[1] ?? '', Buffer.concat(chunks).toString('utf8')].filter(Boolean).join('&');
  const parameters = Object.fromEntries(new URLSearchParams(form));
  return { method: req.method ?? '', command: parameters['command'] ?? '', parameters, url };
}

/** A list answer: of one page, with its count. */
export const listOf = (command: string, item: string, rows: readonly unknown[]): OddAnswer => ({
  body: { [`${command.toLowerCase()}response`]: rows.length === 0 ? {} : { count: rows.length, [item]: rows } },
});

/** As CloudStack refuses. */
export const refusal = (command: string, errorcode: number, errortext: string): OddAnswer => ({
  status: errorcode,
  body: { [`${command.toLowerCase()}response`]: { uuidList: [], errorcode, cserrorcode: 9999, errortext } },
});
