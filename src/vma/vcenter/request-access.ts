import type { Request, RequestHandler } from 'express';
import { invalidRequest } from '../../base/errors.ts';
import { parseRequest } from '../../http/server.ts';
import { VcenterAccess } from '../contract.ts';

/** How a request names its vCenter and account: in the body, or, where it can have none, in a header. */

const HEADER = 'x-vcenter-access';
const SECRET_NAMES = new Set(['vcenter', 'username', 'user', 'password', 'passwd', 'credentials', 'thumbprint', 'ca']);

/** URLs are kept in the logs of whatever is on the way. @throws invalidRequest `request.credentials-in-url` */
export const refuseCredentialsInUrl: RequestHandler = (req, _res, next) => {
  const found = Object.keys(req.query).filter((name) => SECRET_NAMES.has(name.toLowerCase()));
  if (found.length > 0) {
    throw invalidRequest('request.credentials-in-url', 'credentials do not belong into a URL, which ends in logs', {
      // Their names only.
      details: { errors: found.map((path) => ({ path, message: 'must not be in the query' })) },
      hint: `send them in the JSON body of a POST, or with GET in the header ${HEADER}; change the password that was sent`,
    });
  }
  next();
};

/** Of a GET: base64 of the JSON that a POST would have as its body. @throws invalidRequest `request.invalid` */
export function accessInHeader(req: Request): VcenterAccess {
  const given = req.get(HEADER);
  if (given === undefined) {
    throw invalidRequest('request.invalid', `the header ${HEADER} is missing`, {
      hint: 'it is base64 of {"vcenter": ..., "username": ..., "password": ...}; or send that as the body of a POST',
    });
  }
  return parseRequest(VcenterAccess, readHeader(given));
}

function readHeader(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    // Without its cause, which quotes what it could not read.
    throw invalidRequest('request.invalid', `the header ${HEADER} is not base64 of JSON`);
  }
}
