import { request as httpsRequest } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { VcenterAccess } from '../../src/vma/contract.ts';
import type { VsphereSettings } from '../../src/vsphere/session.ts';
import { faultOf, OddVcenter, type Oddity } from './odd-vcenter.ts';

interface Vcenter {
  settings(): VsphereSettings;
}

/** Stands before another vCenter: passes on what a test does not want to answer itself, and notes what was asked. */
export async function watch(vcenter: Vcenter, oddity: Oddity = () => false): Promise<OddVcenter> {
  const watched = await OddVcenter.start();
  watched.oddity = (method, body, response) => {
    if (!oddity(method, body, response)) passOn(vcenter, body, response);
    return true;
  };
  return watched;
}

function passOn(vcenter: Vcenter, body: string, response: ServerResponse): void {
  const { cookie, soapaction } = response.req.headers;
  const headers = { 'content-type': 'text/xml', ...(cookie === undefined ? {} : { cookie }), soapaction };
  const options = { method: 'POST', headers, rejectUnauthorized: false };
  const sending = httpsRequest(`${vcenter.settings().address}/sdk`, options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sending.on('error', () => response.destroy());
  sending.end(body);
}

/** Answers a method with a fault of this class. */
export function refuse(response: ServerResponse, type: string): true {
  response.statusCode = 500;
  response.end(faultOf(type));
  return true;
}

/** How a client of the VMA names a vCenter of the tests. */
export function accessOf(at: Vcenter, changes: Partial<VcenterAccess> = {}): VcenterAccess {
  const { address, username, password, trust } = at.settings();
  if (trust.kind !== 'thumbprint') throw new Error('the vcenters of the tests are known by thumbprint');
  return { vcenter: address, username, password: password.reveal(), thumbprint: trust.thumbprint, ...changes };
}
