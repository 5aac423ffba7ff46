import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';
import { sleep } from '../../base/clock.ts';
import { labLog } from '../../base/logger.ts';
import { endWithProblems, newApp } from '../../http/server.ts';
import type { Certificate } from './certificate.ts';
import type { Control } from './control/control.ts';
import { controlRoutes } from './control/routes.ts';
import { CALL_KINDS, type FaultOf } from './faults.ts';
import type { Keys } from './keys.ts';
import type { LoginAnswer } from './methods/method.ts';
import { METHODS } from './methods/method-table.ts';
import type { Session } from './sessions.ts';
import { injected } from './tasks.ts';
import type { Vcenter } from './vcenter.ts';
import { SERVICE_VERSIONS } from './wire/versions.ts';
import { readCall, type CallRequest } from './wire/read.ts';
import type { Value } from './wire/value.ts';
import { notAuthenticated, toVimFault, VimFault } from './wire/vim-fault.ts';
import { writeFault, writeResponse } from './wire/write.ts';

/** The simulated vCenter on HTTPS: the API at /sdk, and the control interface at /control. */

export interface ServerParts {
  readonly vcenter: Vcenter;
  readonly control: Control;
  readonly keys: Keys;
}

export function createApp(parts: ServerParts): Express {
  const app = newApp();
  app.get('/sdk/vimServiceVersions.xml', (_req, res) => {
    res.type('text/xml').send(SERVICE_VERSIONS);
  });
  app.post(['/sdk', '/sdk/vimService'], express.text({ type: () => true, limit: '10mb' }), (req, res) =>
    answer(parts, req, res),
  );
  app.use('/control', controlRoutes(parts.control, parts.keys.controlToken));
  endWithProblems(app, labLog);
  return app;
}

type CallFault = FaultOf<(typeof CALL_KINDS)[number]>;

async function answer(parts: ServerParts, req: Request, res: Response): Promise<void> {
  const call = readCall(typeof req.body === 'string' ? req.body : '');
  const fault = parts.vcenter.faults.take(call.method, CALL_KINDS);
  if (fault?.kind === 'delay') await sleep(fault.ms);
  if (fault?.kind === 'drop-before') {
    res.destroy();
    return;
  }
  if (fault?.kind === 'http') {
    res.status(fault.status).type(fault.contentType).send(fault.body);
    return;
  }
  const envelope = await envelopeFor(parts, { call, req, res, fault });
  if (fault?.kind === 'drop-after') {
    res.destroy();
    return;
  }
  res.type('text/xml; charset=utf-8').send(envelope);
}

interface Incoming {
  readonly call: CallRequest;
  readonly req: Request;
  readonly res: Response;
  readonly fault: CallFault | undefined;
}

async function envelopeFor(parts: ServerParts, { call, req, res, fault }: Incoming): Promise<string> {
  try {
    if (fault?.kind === 'fault') throw injected(fault);
    const session = parts.vcenter.sessions.use(cookieOf(req));
    const returned = await run(parts, call, session);
    if (fault?.kind === 'fault-after-effect') throw injected(fault);
    if (returned?.kind !== 'login') return writeResponse(call.method, returned);
    res.set('set-cookie', `vmware_soap_session="${returned.session.cookie}"; Path=/; HttpOnly; Secure;`);
    return writeResponse(call.method, returned.value);
  } catch (thrown) {
    if (!(thrown instanceof VimFault)) labLog.error({ err: thrown, method: call.method }, 'simulated vcenter failed');
    res.status(500);
    return writeFault(toVimFault(thrown));
  }
}

async function run(
  parts: ServerParts,
  call: CallRequest,
  session: Session | undefined,
): Promise<Value | LoginAnswer | undefined> {
  const method = METHODS.get(call.method);
  if (method === undefined) {
    throw new VimFault('MethodNotFound', `The method ${call.method} is not known.`, {
      receiver: { kind: 'reference', ref: call.target },
      method: { kind: 'scalar', type: 'xsd:string', text: call.method },
    });
  }
  const { vcenter, keys } = parts;
  if (method.kind === 'open') return method.run({ ...call, vcenter, keys, session });
  if (session === undefined) throw notAuthenticated(call.target);
  return method.run({ ...call, vcenter, session });
}

/** With its quotes or without: clients differ. */
const cookieOf = (req: Request): string | undefined =>
  /(?:^|;\s*)vmware_soap_session="?([0-9a-f]+)"?/.exec(req.get('cookie') ?? '')?.[1];

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Loopback only. */
export async function listenSecurely(app: Express, certificate: Certificate, port: number): Promise<Listening> {
  const { cert, key } = certificate;
  const server: Server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (req, res) => {
    void app(req, res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
