import express, { type Express, type Request, type Response } from 'express';
import { sleep } from '../../base/clock.ts';
import { labLog } from '../../base/logger.ts';
import { endWithProblems, newApp } from '../../http/server.ts';
import { isReading, type Cloud } from './cloud.ts';
import { COMMANDS } from './command-table.ts';
import { controlRouter } from './control.ts';
import type { CallFault, Faults } from './faults.ts';
import type { Keys } from './keys.ts';
import { malformedName, notPermitted, notVerified, Refusal } from './refusal.ts';
import { isVerified, readSigned } from './signature-check.ts';
import { errorAnswer, toRefusal, valueAnswer, type WireAnswer } from './wire.ts';
import type { AccountRow } from './world.ts';

/** The simulated cloud on HTTP: the API at /client/api, and its control at /control. */

export interface ServerParts {
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly keys: Keys;
  /** enforce.post.requests.and.timestamps */
  readonly enforcePost: boolean;
}

export function createApp(parts: ServerParts): Express {
  const app = newApp();
  app.all('/client/api', express.text({ type: 'application/x-www-form-urlencoded', limit: '1mb' }), (req, res) =>
    answerApi(parts, req, res),
  );
  app.use('/control', controlRouter(parts));
  endWithProblems(app, labLog);
  return app;
}

async function answerApi(parts: ServerParts, req: Request, res: Response): Promise<void> {
  const parameters = readParameters(req);
  const command = parameters.get('command');
  const fault = command === undefined ? undefined : parts.faults.takeForCall(command);
  if (fault?.kind === 'delay') await sleep(fault.ms);
  const answer =
    fault?.kind === 'drop-before' ? undefined : (faultAnswer(fault, parameters) ?? run(parts, req.method, parameters));
  parts.faults.note(command ?? '', fault);
  if (answer === undefined || fault?.kind === 'drop-after') {
    res.destroy();
    return;
  }
  if (answer.description !== undefined) res.set('X-Description', answer.description.replace(/[^\x20-\x7e]/g, '?'));
  res.status(answer.status).set('content-type', answer.contentType).end(answer.body);
}

/** Query and form together; of a parameter that is given twice the first counts. */
function readParameters(req: Request): ReadonlyMap<string, string> {
  const form: unknown = req.body;
  const parameters = new Map<string, string>();
  const query = req.originalUrl.split('?').slice(1).join('?');
  for (const source of [query, typeof form === 'string' ? form : '']) {
    for (const [name, value] of new URLSearchParams(source)) {
      if (!parameters.has(name)) parameters.set(name, value);
    }
  }
  return parameters;
}

const askedFor = (parameters: ReadonlyMap<string, string>): { command: string | undefined; json: boolean } => {
  const command = parameters.get('command');
  return {
    command: command !== undefined && COMMANDS.has(command) ? command : undefined,
    json: parameters.get('response')?.toLowerCase() === 'json',
  };
};

function faultAnswer(fault: CallFault | undefined, parameters: ReadonlyMap<string, string>): WireAnswer | undefined {
  if (fault?.kind === 'http') return { status: fault.status, contentType: fault.contentType, body: fault.body };
  if (fault?.kind === 'error') {
    return errorAnswer(askedFor(parameters), new Refusal(fault.errorCode, fault.errorText));
  }
  return undefined;
}

function run(parts: ServerParts, method: string, parameters: ReadonlyMap<string, string>): WireAnswer {
  const asked = askedFor(parameters);
  try {
    const account = verify(parts, parameters);
    // Unknown commands are told apart from bad signatures only for signed-in sessions, which the lab has not.
    if (asked.command === undefined) throw notVerified();
    if (COMMANDS.get(asked.command)?.forAdmins === true && account.type !== 1) throw notPermitted(asked.command);
    if (parts.enforcePost && method !== 'POST' && !isReading(asked.command)) {
      throw new Refusal(405, `Method ${method} is not allowed for the command ${asked.command}`);
    }
    checkNames(parameters);
    return valueAnswer(asked, parts.cloud.run({ command: asked.command, parameters, account }));
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) labLog.error({ err: thrown }, 'simulated cloudstack failed');
    return errorAnswer(asked, toRefusal(thrown));
  }
}

/** Names with a `[` are `array[index].field`; nothing is looked at before that. @throws Refusal 430 */
function checkNames(parameters: ReadonlyMap<string, string>): void {
  for (const name of parameters.keys()) {
    if (name.indexOf('[') > 0 && !/^[^[\].]+\[\d{1,9}\][^[\].]*\.[^[\]]*$/.test(name)) throw malformedName(name);
  }
}

function verify({ keys, cloud, enforcePost }: ServerParts, parameters: ReadonlyMap<string, string>): AccountRow {
  const signed = readSigned(parameters);
  const pair = signed?.apiKey === keys.admin.apiKey ? keys.admin : keys.user;
  const name = pair === keys.admin ? 'admin' : 'migrate';
  const account = cloud.world.accounts.find((row) => row.name === name && row.userState === 'enabled');
  if (signed === undefined || signed.apiKey !== pair.apiKey || account === undefined) throw notVerified();
  if (!isVerified(signed, { secretKey: pair.secretKey, nowMs: Date.now(), enforced: enforcePost })) {
    throw notVerified();
  }
  return account;
}
