import { Agent, request } from 'node:http';

/** An HTTP client that costs little, because it shares the processors with what it measures. */

export interface Call {
  readonly method: 'GET' | 'POST';
  /** Below the stage's url. */
  readonly path: string;
  readonly body?: unknown;
}

export interface Target {
  readonly url: string;
  readonly token: string;
}

export interface Load {
  readonly seconds: number;
  /** Of each call, in the order of their ends. */
  readonly latenciesMs: readonly number[];
  readonly answers: readonly { readonly status: number; readonly body: string }[];
}

/** As many calls as `atOnce` at any time, until all are answered. */
export async function closedLoop(target: Target, calls: readonly Call[], atOnce: number): Promise<Load> {
  return measured(target, atOnce, async (one) => {
    const waiting = calls.values();
    const work = async (): Promise<void> => {
      for (const call of waiting) await one(call, performance.now());
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  });
}

/** Each call at its moment, whatever became of the ones before; its latency counts from that moment. */
export async function openLoop(target: Target, calls: readonly Call[], perSecond: number): Promise<Load> {
  return measured(target, Infinity, async (one) => {
    const begin = performance.now();
    const pending = calls.map(async (call, index) => {
      const due = begin + (index * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      await one(call, due);
    });
    await Promise.all(pending);
  });
}

type One = (call: Call, due: number) => Promise<void>;

async function measured(target: Target, sockets: number, work: (one: One) => Promise<void>): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const latenciesMs: number[] = [];
  const answers: { status: number; body: string }[] = [];
  const begin = performance.now();
  try {
    await work(async (call, due) => {
      answers.push(await send(target, agent, call));
      latenciesMs.push(performance.now() - due);
    });
  } finally {
    agent.destroy();
  }
  return { seconds: (performance.now() - begin) / 1000, latenciesMs, answers };
}

function send(target: Target, agent: Agent, call: Call): Promise<{ status: number; body: string }> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const sent = request(target.url + call.path, {
      agent,
      method: call.method,
      headers: {
        authorization: `Bearer ${target.token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.end(body);
  });
}

/** @throws Error with the first answer that is not as it must be: a benchmark of refusals measures nothing */
export function assertAll({ answers }: Load, status: number): void {
  const odd = answers.find((answer) => answer.status !== status);
  if (odd !== undefined) throw new Error(`answered ${odd.status}, not ${status}: ${odd.body.slice(0, 500)}`);
}
